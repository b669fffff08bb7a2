import { BitacoraError } from '../base/index.js';
import { type ChunkerParameters, LARGE_CLASS, SMALL_CLASS } from '../chunking/index.js';
import { deriveDedup, deriveEncryption, type IdKeys, type Key32 } from '../crypto/index.js';
import type { OpenSecrets } from '../engine/index.js';
import type { ChunkerRecord, ChunkSizes, UserBundle } from '../format/index.js';
import type { UserKeys } from '../store/index.js';

/** A bundle with what its name says. */
export interface NumberedBundle {
  readonly generation: number;
  readonly epoch: number;
  readonly bundle: UserBundle;
}

/** What new bundles say of cutting. */
export const CHUNKER_RECORD: ChunkerRecord = {
  algorithm: SMALL_CLASS.algorithm,
  small: sizesOf(SMALL_CLASS),
  large: sizesOf(LARGE_CLASS),
};

function sizesOf({ minBytes, normalBytes, maxBytes }: ChunkerParameters): ChunkSizes {
  return { min: minBytes, normal: normalBytes, max: maxBytes };
}

export interface DedupKeys {
  readonly idKeys: IdKeys;
  readonly chunkerSecret: Key32;
}

/** A user's keys of all generations and epochs, for as long as the user is open. */
export class KeyRing implements UserKeys {
  readonly vaultId: Uint8Array;
  readonly uid: Uint8Array;
  /** The highest: what new objects are sealed under. */
  readonly generation: number;
  readonly epoch: number;
  /** How the newest generation cuts. */
  readonly chunker: { readonly small: ChunkerParameters; readonly large: ChunkerParameters };
  readonly #dedup = new Map<number, DedupKeys>();
  readonly #sealing = new Map<string, { readonly packKey: Key32; readonly logKey: Key32 }>();

  /** @param bundles - At least one, rising by generation and epoch; wiped once the keys are derived. */
  constructor(vaultId: Uint8Array, uid: Uint8Array, bundles: readonly NumberedBundle[]) {
    this.vaultId = vaultId;
    this.uid = uid;
    const newest = bundles.at(-1)!;
    this.generation = newest.generation;
    this.epoch = newest.epoch;
    this.chunker = chunkerOf(newest.bundle.chunker);
    for (const { generation, epoch, bundle } of bundles) {
      this.#dedup.set(generation, deriveDedup(bundle.dedupRoot, vaultId, uid));
      this.#sealing.set(`${generation}-${epoch}`, deriveEncryption(bundle.encryptionRoot, vaultId, uid));
      bundle.dedupRoot.fill(0);
      bundle.encryptionRoot.fill(0);
    }
  }

  packKey(generation: number, epoch: number, object: string): Key32 {
    return this.#keysOf(generation, epoch, object).packKey;
  }

  logKey(generation: number, epoch: number, object: string): Key32 {
    return this.#keysOf(generation, epoch, object).logKey;
  }

  /** The keys of chunk ids and cut points of a generation; the newest one's by default. */
  dedup(generation: number = this.generation): DedupKeys {
    const keys = this.#dedup.get(generation);
    if (!keys) throw new TypeError(`There are no keys of generation ${generation}.`);
    return keys;
  }

  /** All keys that reading takes, as the engine wants them. Views: valid until the ring is closed. */
  openSecrets(): OpenSecrets {
    return {
      vaultId: this.vaultId,
      uid: this.uid,
      packKeys: [...this.#sealing].map(([version, { packKey }]) => {
        const [generation, epoch] = version.split('-').map(Number);
        return { generation: generation!, epoch: epoch!, key: packKey };
      }),
      idKeys: [...this.#dedup].map(([generation, { idKeys }]) => ({ generation, ...idKeys })),
    };
  }

  /** Wipes all keys. */
  close(): void {
    for (const { idKeys, chunkerSecret } of this.#dedup.values()) {
      for (const key of [idKeys.data, idKeys.node, idKeys.list, chunkerSecret]) key.fill(0);
    }
    for (const { packKey, logKey } of this.#sealing.values()) for (const key of [packKey, logKey]) key.fill(0);
    this.#dedup.clear();
    this.#sealing.clear();
  }

  #keysOf(generation: number, epoch: number, object: string): { packKey: Key32; logKey: Key32 } {
    const keys = this.#sealing.get(`${generation}-${epoch}`);
    if (keys) return keys;
    throw new BitacoraError(
      'DATA_CORRUPT',
      `Cannot open ${object}: it names generation ${generation}, epoch ${epoch}, for which the user has no key.`,
      { details: { object, reason: 'key' } },
    );
  }
}

function chunkerOf({ algorithm, small, large }: ChunkerRecord): KeyRing['chunker'] {
  if (algorithm !== SMALL_CLASS.algorithm) {
    throw new BitacoraError('FORMAT_NEWER', `This version cannot cut with "${algorithm}". Upgrade bitacora.`);
  }
  const parameters = ({ min, normal, max }: ChunkSizes): ChunkerParameters => ({
    algorithm: SMALL_CLASS.algorithm,
    minBytes: min,
    normalBytes: normal,
    maxBytes: max,
  });
  return { small: parameters(small), large: parameters(large) };
}
