import { type EntryContent, ID_BYTES } from '../format/index.js';
import type { ContentWriter } from '../snapshot/index.js';

/** A run of data in a file; what lies between two of them is a hole. */
export interface DataRun {
  readonly offset: number;
  readonly length: number;
}

/** Smaller holes are read as the zeros that they are: a chunk of its own for each scrap between them costs more. */
const HOLE_BYTES_LEAST = 64 * 1024;

/**
 * Joins runs, told in rising order, that only a small hole parts. The largest hole stays in any case, so that the file is still known
 * to have some: a restore then leaves out the zeros of the others as well.
 */
export class RunJoiner {
  readonly #joined: DataRun[] = [];
  #largest: { readonly from: number; readonly to: number } | undefined;
  #end = 0;

  add({ offset, length }: DataRun): void {
    const joined = this.#joined;
    const last = joined.at(-1);
    const gap = offset - this.#end;
    if (last && gap < HOLE_BYTES_LEAST) {
      const { from, to } = this.#largest ?? { from: 0, to: 0 };
      if (gap > to - from) this.#largest = { from: this.#end, to: offset };
      joined[joined.length - 1] = { offset: last.offset, length: offset + length - last.offset };
    } else joined.push({ offset, length });
    this.#end = offset + length;
  }

  /** The runs of a file of `size` bytes. */
  finish(size: number): DataRun[] {
    const [only, ...more] = this.#joined;
    const largest = this.#largest;
    if (!only || more.length > 0 || !largest || only.offset > 0 || this.#end < size) return this.#joined;
    const behind = { offset: largest.to, length: this.#end - largest.to };
    return [{ offset: only.offset, length: largest.from - only.offset }, behind];
  }
}

/** Puts a stream's chunks and the holes between its runs of data in order. */
export class DataLayout {
  readonly #writer: ContentWriter;
  readonly #runs: readonly DataRun[] | undefined;
  readonly #size: number;
  #run = 0;
  #left = 0;

  /** `runs` undefined: the file has no holes. */
  constructor(writer: ContentWriter, runs: readonly DataRun[] | undefined, size: number) {
    this.#writer = writer;
    this.#runs = runs;
    this.#size = size;
    this.#enter();
  }

  add(ids: Uint8Array, lengths: Uint32Array): void {
    if (!this.#runs) {
      this.#writer.addChunks(ids, lengths);
      return;
    }
    for (let i = 0; i < lengths.length; i++) {
      const length = lengths[i]!;
      this.#writer.add(length, ids.subarray(i * ID_BYTES, (i + 1) * ID_BYTES));
      this.#left -= length;
      if (this.#left < 0) throw new TypeError('A chunk reaches over a hole.');
      if (this.#left === 0) {
        this.#run++;
        this.#enter();
      }
    }
  }

  finish(): { content: EntryContent; size: number } {
    // A file that became shorter while it was read ends inside a run; it is what it was then.
    const complete = this.#runs && this.#run === this.#runs.length;
    if (complete && this.#size > this.#writer.size) this.#writer.add(this.#size - this.#writer.size, undefined);
    return { content: this.#writer.finish(), size: this.#writer.size };
  }

  /** The hole before the next run. */
  #enter(): void {
    const next = this.#runs?.[this.#run];
    if (!next) return;
    this.#writer.add(next.offset - this.#writer.size, undefined);
    this.#left = next.length;
  }
}
