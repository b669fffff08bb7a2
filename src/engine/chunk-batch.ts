import { ID_BYTES } from '../format/index.js';

/** Grows while chunks are found; ids and lengths stay packed for the way between threads. */
export class ChunkBatch {
  count = 0;
  #ids = new Uint8Array(256 * ID_BYTES);
  #lengths = new Uint32Array(256);

  /** Makes room for `more` chunks and returns the array that ids go to, from index `count` on. */
  reserve(more: number): Uint8Array {
    const needed = this.count + more;
    if (needed > this.#lengths.length) {
      const size = Math.max(needed, this.#lengths.length * 2);
      const ids = new Uint8Array(size * ID_BYTES);
      ids.set(this.#ids);
      this.#ids = ids;
      const lengths = new Uint32Array(size);
      lengths.set(this.#lengths);
      this.#lengths = lengths;
    }
    return this.#ids;
  }

  push(length: number): void {
    this.#lengths[this.count++] = length;
  }

  clear(): void {
    this.count = 0;
  }

  /** Views, valid until the batch changes. */
  get ids(): Uint8Array {
    return this.#ids.subarray(0, this.count * ID_BYTES);
  }

  get lengths(): Uint32Array {
    return this.#lengths.subarray(0, this.count);
  }
}
