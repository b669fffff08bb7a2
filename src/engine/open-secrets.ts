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

/** One user's keys in one thread: opens packs by their header, and recomputes ids. Closing wipes what was derived. */
export class KeyRing {
  readonly #secrets: OpenSecrets;
  readonly #hashers = new Map<number, IdHasher>();

  constructor(secrets: OpenSecrets) {
    this.#secrets = secrets;
    for (const { generation, data, node, list } of secrets.idKeys) {
      this.#hashers.set(generation, createIdHasher({ data, node, list }));
    }
  }

  /**
   * An opener for the pack whose first 80 bytes are `header`.
   *
   * @throws {BitacoraError} `DATA_CORRUPT` naming the pack, also when the header claims an epoch that the user never had.
   */
  opener(header: Uint8Array, pack: string): Opener {
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
    for (const hasher of this.#hashers.values()) hasher.close();
    this.#hashers.clear();
  }
}

/** How messages name a pack. */
export function packLabel(pack: string): string {
  return `pack "${pack}"`;
}
