import { type Chunker, createChunker } from '../chunking/index.js';
import { createIdHasher, type IdHasher } from '../crypto/index.js';
import { CHUNK_KINDS, ID_BYTES } from '../format/index.js';
import type { CutParameters, WriteSecrets } from './write-protocol.js';

/** Plain bytes that one slab holds; more than the longest chunk of the large class. */
export const SLAB_BYTES = 3 * 2 ** 20;
/** The longest chunk that can be cut here: a slab that holds one always gets ahead. */
export const CHUNK_BYTES_MOST = SLAB_BYTES;
/** Writable bytes that must lie in front of every chunk for hashing in place. */
const HEADROOM = 64;

/** A window of the chunker's memory that files are read into. Two, so that one is read while the other waits. */
export interface Slab {
  /** Where the slab begins in the chunker's buffer. */
  readonly base: number;
  readonly bytes: Uint8Array;
}

/** The memory that data passes through in one thread: read into, cut, identified and compressed in place. */
export class Slabs {
  readonly #chunker: Chunker;
  readonly #hasher: IdHasher;
  readonly #free: Slab[];
  readonly #waiting: ((slab: Slab) => void)[] = [];

  constructor(secrets: WriteSecrets) {
    const stride = HEADROOM + SLAB_BYTES;
    this.#chunker = createChunker(secrets.chunkerSecret, 2 * stride);
    this.#hasher = createIdHasher(secrets.idKeys);
    this.#free = [0, 1].map((half) => {
      const base = half * stride + HEADROOM;
      return { base, bytes: this.#chunker.buffer.subarray(base, base + SLAB_BYTES) };
    });
  }

  /** Waits for a slab; give it back with `release`. First come, first served. */
  async acquire(): Promise<Slab> {
    return this.#free.pop() ?? new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Clears what went through and the keys; nothing can be cut or identified any more. */
  wipe(): void {
    this.#hasher.close();
    this.#chunker.memory.fill(0);
  }

  release(slab: Slab): void {
    const next = this.#waiting.shift();
    if (next) next(slab);
    else this.#free.push(slab);
  }

  /** Chunk ends of the slab's bytes [start, end), relative to the slab; see `Chunker.cut`. */
  cut(slab: Slab, params: CutParameters, start: number, end: number, final: boolean, out: Uint32Array): number {
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
}
