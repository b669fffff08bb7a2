import { SEGMENT_FIELDS } from '../engine/index.js';
import { freshPart, PART_BYTES, takeBack } from './spare-parts.js';

/** Parts under way: one is worked on, the next waits. */
const PARTS_MOST = 2;
/** What lies between two segments of the same source is copied with them where it is no more. */
const GAP_BYTES_MOST = 64;
const SEGMENTS_AT_FIRST = 1024;

/** Stores one part; resolves when its chunks are known and framed, with the part, wiped, where it comes back. */
export type SendPieces = (bytes: Uint8Array<ArrayBuffer>, segments: Uint32Array) => Promise<unknown>;

/** Bytes of a source that are to be copied to a part, when it is known how many they come to. */
interface Pending {
  readonly source: Uint8Array;
  readonly from: number;
  to: number;
  /** Where in the part. */
  readonly at: number;
}

/**
 * Gathers segments of pieces into parts of 1 MiB and sends them off in order, with a bound on how many are under way. Sources are copied before
 * `add` or `finish` resolves.
 */
export class PieceFeed {
  readonly #send: SendPieces;
  readonly #underWay = new Set<Promise<unknown>>();
  #part: Uint8Array<ArrayBuffer> | undefined;
  #used = 0;
  #pending: Pending | undefined;
  #segments = new Uint32Array(SEGMENTS_AT_FIRST * SEGMENT_FIELDS.count);
  #count = 0;

  constructor(send: SendPieces) {
    this.#send = send;
  }

  /** Whether so many bytes more, with what may lie before them, go into the part at hand: then `append` takes them. */
  fits(length: number): boolean {
    return this.#used + GAP_BYTES_MOST + length <= PART_BYTES;
  }

  /** Adds a segment of an owner's piece that fits. */
  append(source: Uint8Array, offset: number, length: number, owner: number): void {
    this.#push(this.#place(source, offset, length), length, owner, 0);
  }

  /** Adds a segment of any length. */
  async add(source: Uint8Array, offset: number, length: number, owner: number): Promise<void> {
    for (let taken = 0; taken < length; ) {
      if (!this.fits(1)) await this.flush();
      const count = Math.min(length - taken, PART_BYTES - GAP_BYTES_MOST - this.#used);
      this.append(source, offset + taken, count, owner);
      taken += count;
    }
  }

  /** The owner's piece ends here. */
  end(owner: number): void {
    this.#push(0, 0, owner, 1);
  }

  /** Sends what is gathered and waits while too much is under way. Throws what `send` throws. */
  async flush(): Promise<void> {
    if (this.#count === 0) return;
    this.#copy();
    const bytes = this.#part?.subarray(0, this.#used) ?? new Uint8Array(0);
    const segments = this.#segments.slice(0, this.#count);
    this.#part = undefined;
    this.#used = 0;
    this.#count = 0;
    const sent: Promise<unknown> = this.#send(bytes, segments)
      .then(takeBack)
      .finally(() => this.#underWay.delete(sent));
    this.#underWay.add(sent);
    sent.catch(() => undefined);
    while (this.#underWay.size >= PARTS_MOST) await Promise.race(this.#underWay);
  }

  /** Sends the rest; resolves when all of it is stored. */
  async finish(): Promise<void> {
    await this.flush();
    await Promise.all(this.#underWay);
  }

  /** Where in the part the segment will lie. */
  #place(source: Uint8Array, offset: number, length: number): number {
    const pending = this.#pending;
    const gap = pending && pending.source === source ? offset - pending.to : -1;
    if (pending && gap >= 0 && gap <= GAP_BYTES_MOST) {
      pending.to = offset + length;
    } else {
      this.#copy();
      this.#pending = { source, from: offset, to: offset + length, at: this.#used };
    }
    const { at, from } = this.#pending!;
    this.#used = at + offset + length - from;
    return at + offset - from;
  }

  #copy(): void {
    const pending = this.#pending;
    this.#pending = undefined;
    if (!pending) return;
    this.#part ??= freshPart();
    this.#part.set(pending.source.subarray(pending.from, pending.to), pending.at);
  }

  #push(offset: number, length: number, owner: number, ends: number): void {
    if (this.#count + SEGMENT_FIELDS.count > this.#segments.length) {
      const segments = new Uint32Array(this.#segments.length * 2);
      segments.set(this.#segments);
      this.#segments = segments;
    }
    const at = this.#count;
    this.#segments[at + SEGMENT_FIELDS.offset] = offset;
    this.#segments[at + SEGMENT_FIELDS.length] = length;
    this.#segments[at + SEGMENT_FIELDS.owner] = owner;
    this.#segments[at + SEGMENT_FIELDS.ends] = ends;
    this.#count += SEGMENT_FIELDS.count;
  }
}
