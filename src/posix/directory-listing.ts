import { sortEntriesInSteps } from './sort-entries.js';
import { runSteps, type Steps } from './steps.js';

const SEGMENT_BITS = 18;
const SEGMENT_BYTES = 1 << SEGMENT_BITS;
const OFFSET_MASK = SEGMENT_BYTES - 1;
const FIRST_BYTES = 1024;

/**
 * A directory's entries in memcmp order of their names, without `.` and `..`. A million entries cost their names plus
 * six bytes each: one byte of type, the name and a NUL lie packed in segments, and one number per entry says where.
 */
export class DirectoryListing {
  readonly length: number;
  readonly #segments: readonly Uint8Array[];
  readonly #order: Uint32Array;

  constructor(segments: readonly Uint8Array[], order: Uint32Array) {
    this.#segments = segments;
    this.#order = order;
    this.length = order.length;
  }

  /** The name's bytes: a view that stays valid and unchanged, and keeps its neighbours' memory alive with it. */
  name(index: number): Uint8Array {
    const address = this.#order[index]!;
    const segment = this.#segments[address >>> SEGMENT_BITS]!;
    const start = (address & OFFSET_MASK) + 1;
    let end = start;
    while (segment[end] !== 0) end++;
    return new Uint8Array(segment.buffer, segment.byteOffset + start, end - start);
  }

  /** One of `ENTRY_TYPE`; some file systems say `unknown`, then only `statAt` tells. */
  type(index: number): number {
    const address = this.#order[index]!;
    return this.#segments[address >>> SEGMENT_BITS]![address & OFFSET_MASK]!;
  }
}

/** Takes entries in any order and packs them. */
export class ListingBuilder {
  readonly #segments: Uint8Array[] = [];
  #segment = new Uint8Array(FIRST_BYTES);
  #used = 0;
  #count = 0;

  /** Adds the name `source[start, end)`; the bytes are copied. */
  add(type: number, source: Uint8Array, start: number, end: number): void {
    const needed = end - start + 2;
    if (this.#used + needed > this.#segment.length) this.#makeRoom(needed);
    const segment = this.#segment;
    let at = this.#used;
    segment[at++] = type;
    for (let i = start; i < end; i++) segment[at++] = source[i]!;
    segment[at++] = 0;
    this.#used = at;
    this.#count++;
  }

  finish(): DirectoryListing {
    return runSteps(this.finishInSteps());
  }

  /** The same in steps, none of which takes more than some milliseconds. */
  *finishInSteps(): Steps<DirectoryListing> {
    this.#segments.push(this.#segment.subarray(0, this.#used));
    const order = new Uint32Array(this.#count);
    let entry = 0;
    for (const [number, segment] of this.#segments.entries()) {
      for (let at = 0; at < segment.length; ) {
        order[entry++] = number * SEGMENT_BYTES + at;
        do at++;
        while (segment[at] !== 0);
        at++;
      }
      if (number + 1 < this.#segments.length) yield;
    }
    yield* sortEntriesInSteps(order, this.#segments, SEGMENT_BITS);
    return new DirectoryListing(this.#segments, order);
  }

  #makeRoom(needed: number): void {
    if (this.#used + needed <= SEGMENT_BYTES) {
      let size = this.#segment.length;
      while (size < this.#used + needed) size *= 2;
      const larger = new Uint8Array(Math.min(size, SEGMENT_BYTES));
      larger.set(this.#segment.subarray(0, this.#used));
      this.#segment = larger;
      return;
    }
    this.#segments.push(this.#segment.subarray(0, this.#used));
    this.#segment = new Uint8Array(SEGMENT_BYTES);
    this.#used = 0;
  }
}
