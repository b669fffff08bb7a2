import { BitacoraError } from '../base/index.js';
import { createIdHasher, createOpener, type IdHasher, OBJECT_TYPES, type Opener, readHeader } from '../crypto/index.js';

/** What reading one user's packs needs: pack keys of every epoch and id keys of every generation still in use. */
export interface OpenSecrets {
  readonly vaultId: Uint8Array;
  readonly uid: Uint8Array;
  readonly packKeys: readonly { readonly generation: number; readonly epoch: number; readonly key: Uint8Array }[];
  readonly idKeys: readonly {
    readonly generation: number;
    readonly data: Uint8Array;
    readonly node: Uint8Array;
    readonly list: Uint8Array;
  }[];
}

/** Copies a session's secrets for a lane, which then owns the copy; its buffers change hands. */
export function handOverOpen(secrets: OpenSecrets): {
  readonly secrets: OpenSecrets;
  readonly transfer: readonly ArrayBuffer[];
} {
  const transfer: ArrayBuffer[] = [];
  const copy = (bytes: Uint8Array): Uint8Array => {
    const copied = new Uint8Array(bytes);
    transfer.push(copied.buffer);
    return copied;
  };
  const { vaultId, uid, packKeys, idKeys } = secrets;
  const copies = {
    vaultId: copy(vaultId),
    uid: copy(uid),
    packKeys: packKeys.map(({ generation, epoch, key }) => ({ generation, epoch, key: copy(key) })),
    idKeys: idKeys.map(({ generation, data, node, list }) => ({
      generation,
      data: copy(data),
      node: copy(node),
      list: copy(list),
    })),
  };
  return { secrets: copies, transfer };
}

/** Clears the keys that were handed over; what they are called by stays. */
export function wipeOpenSecrets({ packKeys, idKeys }: OpenSecrets): void {
  for (const { key } of packKeys) key.fill(0);
  for (const { data, node, list } of idKeys) for (const key of [data, node, list]) key.fill(0);
}

/** One user's keys in one thread: opens packs by their header, and recomputes ids. Keeps copies, which closing wipes. */
export class KeyRing {
  readonly #secrets: OpenSecrets;
  #closed = false;
  readonly #hashers = new Map<number, IdHasher>();

  constructor(secrets: OpenSecrets) {
    this.#secrets = handOverOpen(secrets).secrets;
    for (const { generation, data, node, list } of this.#secrets.idKeys) {
      this.#hashers.set(generation, createIdHasher({ data, node, list }));
    }
  }

  /**
   * An opener for the pack whose first 80 bytes are `header`.
   *
   * @throws {BitacoraError} `DATA_CORRUPT` naming the pack, also when the header claims an epoch that the user never had.
   */
  opener(header: Uint8Array, pack: string): Opener {
    if (this.#closed) throw new TypeError('Cannot open a pack: the key ring is closed.');
    const name = packLabel(pack);
    const { generation, epoch } = readHeader(header, name);
    const found = this.#secrets.packKeys.find((key) => key.generation === generation && key.epoch === epoch);
    if (!found) {
      const message = `Cannot open ${name}: it claims generation ${generation} and epoch ${epoch}, for which there is no key.`;
      throw new BitacoraError('DATA_CORRUPT', message, { details: { object: name, reason: 'key' } });
    }
    const { vaultId, uid } = this.#secrets;
    return createOpener(found.key, header, { type: OBJECT_TYPES.pack, vaultId, uid, name });
  }

  /** The hasher of a generation; ids of chunks in packs of that generation are made with it. */
  hasher(generation: number): IdHasher {
    const found = this.#hashers.get(generation);
    if (!found) throw new TypeError(`No id keys of generation ${generation}.`);
    return found;
  }

  /** All hashers, newest generation first: where it is not known which one made an id. */
  hashers(): IdHasher[] {
    return [...this.#hashers].sort(([a], [b]) => b - a).map(([, hasher]) => hasher);
  }

  close(): void {
    this.#closed = true;
    for (const hasher of this.#hashers.values()) hasher.close();
    this.#hashers.clear();
    wipeOpenSecrets(this.#secrets);
  }
}

/** How messages name a pack. */
export function packLabel(pack: string): string {
  return `pack "${pack}"`;
}
