import { createHmac, hash } from 'node:crypto';
import { asBuffer } from '../base/index.js';
import type { IdKeys } from './derive.js';

/** Chunk kinds, docs/format.md §2: 1 data, 2 directory node, 3 chunk list. */
export type IdKind = 1 | 2 | 3;

/** Computes chunk ids: HMAC-SHA-256 under the id key of the chunk's kind. */
export interface IdHasher {
  /** Writes the 32-byte id of `plain` to `out` from `outOffset`. */
  id(kind: IdKind, plain: Uint8Array, out: Uint8Array, outOffset: number): void;
  /**
   * The same for `memory[offset, offset + length)`, faster: the 64 bytes in front of `offset` are used for the key block
   * while the call runs, and are as before when it returns. `out` must not lie in those bytes or in the chunk.
   *
   * @throws {TypeError} when there are no 64 bytes in front, or the range leaves the memory.
   */
  idInPlace(kind: IdKind, memory: Uint8Array, offset: number, length: number, out: Uint8Array, outOffset: number): void;
  /** Wipes the keys; no id can be computed from then on. */
  close(): void;
}

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
/** Up to here a copy behind a key block costs less than an HMAC object. */
const COPY_BYTES_MAX = 8 * 1024;

/**
 * One key's state. HMAC (RFC 2104) is hash(K⊕opad ‖ hash(K⊕ipad ‖ data)), and the one-shot `hash` costs a fraction of an HMAC
 * object, provided that the key block stands in front of the data in memory.
 */
class KeyedId {
  readonly key: Uint8Array;
  readonly inner = new Uint8Array(BLOCK_BYTES).fill(0x36);
  /** K⊕opad with room for the inner digest behind it. */
  readonly outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES, 0x5c);

  constructor(key: Uint8Array) {
    if (key.length !== 32) throw new TypeError(`An id key has 32 bytes, not ${key.length}.`);
    this.key = Uint8Array.from(key);
    for (const [at, byte] of key.entries()) {
      this.inner[at]! ^= byte;
      this.outer[at]! ^= byte;
    }
  }

  /** `block` holds 64 bytes of room in front of the data; they are overwritten. */
  digest(block: Uint8Array, out: Uint8Array, outOffset: number): void {
    block.set(this.inner);
    // A Latin-1 string of 32 characters is the cheapest form that a digest can cross into JavaScript in.
    this.outer.write(hash('sha256', block, 'binary'), BLOCK_BYTES, 'latin1');
    asBuffer(out).write(hash('sha256', this.outer, 'binary'), outOffset, 'latin1');
  }

  wipe(): void {
    this.key.fill(0);
    this.inner.fill(0);
    this.outer.fill(0);
  }
}

class HmacIdHasher implements IdHasher {
  readonly #keys: readonly KeyedId[];
  readonly #scratch = new Uint8Array(BLOCK_BYTES + COPY_BYTES_MAX);
  readonly #saved = new Uint8Array(BLOCK_BYTES);
  #open = true;

  constructor(keys: IdKeys) {
    this.#keys = [new KeyedId(keys.data), new KeyedId(keys.node), new KeyedId(keys.list)];
  }

  id(kind: IdKind, plain: Uint8Array, out: Uint8Array, outOffset: number): void {
    const keyed = this.#select(kind, out, outOffset);
    if (plain.length <= COPY_BYTES_MAX) {
      this.#scratch.set(plain, BLOCK_BYTES);
      keyed.digest(this.#scratch.subarray(0, BLOCK_BYTES + plain.length), out, outOffset);
    } else {
      out.set(createHmac('sha256', keyed.key).update(plain).digest(), outOffset);
    }
  }

  idInPlace(
    kind: IdKind,
    memory: Uint8Array,
    offset: number,
    length: number,
    out: Uint8Array,
    outOffset: number,
  ): void {
    const keyed = this.#select(kind, out, outOffset);
    if (!(Number.isInteger(offset) && Number.isInteger(length) && offset >= BLOCK_BYTES && length >= 0)) {
      throw new TypeError(`Not a chunk with 64 bytes in front: offset ${offset}, length ${length}.`);
    }
    if (offset + length > memory.length)
      throw new TypeError(`The chunk ends at ${offset + length} of ${memory.length}.`);
    const block = memory.subarray(offset - BLOCK_BYTES, offset + length);
    this.#saved.set(block.subarray(0, BLOCK_BYTES));
    try {
      keyed.digest(block, out, outOffset);
    } finally {
      block.set(this.#saved);
    }
  }

  close(): void {
    this.#open = false;
    for (const keyed of this.#keys) keyed.wipe();
    this.#scratch.fill(0);
  }

  #select(kind: IdKind, out: Uint8Array, outOffset: number): KeyedId {
    if (!this.#open) throw new TypeError('Cannot compute an id: the hasher is closed.');
    const keyed = this.#keys[kind - 1];
    if (!keyed) throw new TypeError(`Not a chunk kind: ${kind}.`);
    if (!(Number.isInteger(outOffset) && outOffset >= 0 && outOffset + DIGEST_BYTES <= out.length)) {
      throw new TypeError(`No room for an id at ${outOffset} of ${out.length} bytes.`);
    }
    return keyed;
  }
}

/** An id hasher over copies of `keys`. One serves one thread; calls do not interleave. */
export function createIdHasher(keys: IdKeys): IdHasher {
  return new HmacIdHasher(keys);
}
