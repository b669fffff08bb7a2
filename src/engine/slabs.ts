import { type Chunker, createChunker } from '../chunking/index.js';
import { createIdHasher, type IdHasher } from '../crypto/index.js';
import { CHUNK_KINDS, ID_BYTES } from '../format/index.js';
import { Spare } from './spare.js';
import type { CutParameters, WriteSecrets } from './write-protocol.js';

/** Plain bytes that one slab holds; more than the longest chunk of the large class. */
export const SLAB_BYTES = 3 * 2 ** 20;
/** The longest chunk that can be cut here: a slab that holds one always gets ahead. */
export const CHUNK_BYTES_MOST = SLAB_BYTES;
/** Writable bytes that must lie in front of every chunk for hashing in place. */
const HEADROOM = 64;

const STRIDE = HEADROOM + SLAB_BYTES;

/** A window of the chunker's memory that files are read into. Two, so that one is read while the other waits. */
export interface Slab {
  /** Where the slab begins in the chunker's buffer. */
  readonly base: number;
  /** As many as were asked for. */
  readonly bytes: Uint8Array;
}

/** Chunkers of sessions that have ended, wiped. */
const chunkers = new Spare<Chunker>(4);

/** The memory that data passes through in one thread: read into, cut, identified and compressed in place. */
export class Slabs {
  readonly #chunker: Chunker;
  readonly #hasher: IdHasher;
  /** Bases of the slabs that nobody has. */
  readonly #free = [STRIDE + HEADROOM, HEADROOM];
  readonly #waiting: ((base: number) => void)[] = [];
  /** How much of each slab may have been written to, by its base. */
  readonly #used = new Map<number, number>();
  #wiped = false;

  constructor(secrets: WriteSecrets) {
    const spare = chunkers.take();
    spare?.rekey(secrets.chunkerSecret);
    this.#chunker = spare ?? createChunker(secrets.chunkerSecret, 2 * STRIDE);
    this.#hasher = createIdHasher(secrets.idKeys);
  }

  /** Waits for a slab with room for `count` bytes; give it back with `release`. First come, first served. */
  async acquire(count = SLAB_BYTES): Promise<Slab> {
    const base = this.#free.pop() ?? (await new Promise<number>((resolve) => this.#waiting.push(resolve)));
    this.#used.set(base, Math.max(count, this.#used.get(base) ?? 0));
    return { base, bytes: this.#chunker.buffer.subarray(base, base + count) };
  }

  /** Clears what went through and the keys; nothing can be cut or identified any more. */
  wipe(): void {
    if (this.#wiped) return;
    this.#wiped = true;
    this.#hasher.close();
    const { memory, bufferOffset } = this.#chunker;
    memory.fill(0, 0, bufferOffset);
    for (const [base, count] of this.#used) {
      const at = bufferOffset + base;
      memory.fill(0, at - HEADROOM, at + count);
    }
    // Who still has a slab, as the session was given up, may write into it.
    if (this.#free.length === 2) chunkers.give(this.#chunker);
  }

  release({ base }: Slab): void {
    const next = this.#waiting.shift();
    if (next) next(base);
    else this.#free.push(base);
  }

  /** Chunk ends of the slab's bytes [start, end), relative to the slab; see `Chunker.cut`. */
  cut(slab: Slab, params: CutParameters, start: number, end: number, final: boolean, out: Uint32Array): number {
    this.#checkOpen();
    const count = this.#chunker.cut(params, slab.base + start, slab.base + end, final, out);
    for (let i = 0; i < count; i++) out[i]! -= slab.base;
    return count;
  }

  /** Writes the id of the data chunk at the slab's bytes [offset, offset + length) to `out`. */
  identify(slab: Slab, offset: number, length: number, out: Uint8Array, index: number): void {
    const { memory, bufferOffset } = this.#chunker;
    const at = bufferOffset + slab.base + offset;
    this.#hasher.idInPlace(CHUNK_KINDS.data, memory, at, length, out, index * ID_BYTES);
  }

  /** The chunker may be another session's by now. */
  #checkOpen(): void {
    if (this.#wiped) throw new TypeError('The slabs are closed.');
  }
}
