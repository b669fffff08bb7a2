import { asBuffer, Slices } from '../base/index.js';
import { ID_BYTES } from '../format/index.js';

/** A chunk id as a map key: 32 characters, one a byte. */
export function idKey(ids: Uint8Array, index: number): string {
  return asBuffer(ids).toString('latin1', index * ID_BYTES, (index + 1) * ID_BYTES);
}

const FILTER_BITS = 2 ** 23;
const SETTLED_AT_ONCE = 256;

/**
 * Which chunks this session has taken on itself to store. A chunk is claimed by the first who asks, and the claim ends when its
 * pack is in the index. For a user whose index was empty a small filter remembers all that went there, so that the first
 * backup asks LevelDB only for what is probably there.
 */
export class Claims {
  readonly #open = new Set<string>();
  readonly #filter: Uint8Array | undefined;

  constructor(indexWasEmpty: boolean) {
    this.#filter = indexWasEmpty ? new Uint8Array(FILTER_BITS / 8) : undefined;
  }

  has(key: string): boolean {
    return this.#open.has(key);
  }

  claim(key: string): void {
    this.#open.add(key);
  }

  /** False only when the index certainly lacks the chunk. */
  mayBeIndexed(ids: Uint8Array, index: number): boolean {
    const filter = this.#filter;
    if (!filter) return true;
    for (let word = 0; word < 4; word++) {
      const bit = filterBit(ids, index, word);
      if ((filter[bit >>> 3]! & (1 << (bit & 7))) === 0) return false;
    }
    return true;
  }

  /** The chunks are in the index now. */
  async settle(ids: Uint8Array): Promise<void> {
    const slices = new Slices();
    for (let index = 0; index < ids.length / ID_BYTES; index++) {
      this.#open.delete(idKey(ids, index));
      for (let word = 0; this.#filter && word < 4; word++) {
        const bit = filterBit(ids, index, word);
        this.#filter[bit >>> 3]! |= 1 << (bit & 7);
      }
      if (index % SETTLED_AT_ONCE === SETTLED_AT_ONCE - 1 && slices.over) await slices.next();
    }
  }

  /** The chunk was stored before, after all. */
  drop(key: string): void {
    this.#open.delete(key);
  }
}

/** Ids are as good as random: their own bytes serve as hashes. */
function filterBit(ids: Uint8Array, index: number, word: number): number {
  const at = index * ID_BYTES + word * 4;
  return ((ids[at]! << 16) | (ids[at + 1]! << 8) | ids[at + 2]!) & (FILTER_BITS - 1);
}
