import { ChunkBatch } from './chunk-batch.js';
import { SLAB_BYTES, type Slab, type Slabs } from './slabs.js';
import { type CutParameters, type PiecesCall, SEGMENT_FIELDS } from './write-protocol.js';

const NOTHING = new Uint8Array(0);

/** Told of chunks that lie one after another from the start of `plain`, which it may change; `owners[i]`: whose piece chunk i is of. */
export type OnPieceChunks = (plain: Uint8Array, chunks: ChunkBatch, owners: Uint32Array) => Promise<void>;

/**
 * Cuts pieces that come in segments of some parts, each piece as a stream of its own, many of them in one slab. Between the parts only the bytes whose
 * chunk is not decided yet are kept: who pauses holds no slab.
 */
export class PieceCutter {
  readonly #params: CutParameters;
  readonly #slabs: Slabs;
  readonly #ends: Uint32Array;
  readonly #chunks = new ChunkBatch();
  #owners: number[] = [];
  /** The slab's bytes that are in use, and where in it the piece begins that is open. */
  #filled = 0;
  #pieceStart = 0;
  #tail: Uint8Array = NOTHING;
  #turn: Promise<void> = Promise.resolve();

  constructor(params: CutParameters, slabs: Slabs) {
    this.#params = params;
    this.#slabs = slabs;
    this.#ends = new Uint32Array(SLAB_BYTES / params.minBytes + 2);
  }

  /** Takes the next part; parts are worked on in the order of the calls. Its bytes are copied. */
  add(part: Pick<PiecesCall, 'bytes' | 'segments'>, onChunks: OnPieceChunks): Promise<void> {
    const done = this.#turn.then(() => this.#addAll(part, onChunks));
    // A part that failed fails the session; those behind it must not wait for ever.
    this.#turn = done.catch(() => {});
    return done;
  }

  /** Forgets what is left. */
  wipe(): void {
    this.#tail.fill(0);
    this.#tail = NOTHING;
  }

  async #addAll({ bytes, segments }: Pick<PiecesCall, 'bytes' | 'segments'>, onChunks: OnPieceChunks): Promise<void> {
    const slab = await this.#slabs.acquire(Math.min(SLAB_BYTES, this.#tail.length + bytes.length));
    try {
      this.#reset(slab, this.#tail);
      let owner = 0;
      for (let at = 0; at < segments.length; at += SEGMENT_FIELDS.count) {
        const offset = segments[at + SEGMENT_FIELDS.offset]!;
        const length = segments[at + SEGMENT_FIELDS.length]!;
        owner = segments[at + SEGMENT_FIELDS.owner]!;
        for (let taken = 0; taken < length; ) {
          if (this.#filled === slab.bytes.length) await this.#hand(slab, owner, onChunks);
          const count = Math.min(length - taken, slab.bytes.length - this.#filled);
          slab.bytes.set(bytes.subarray(offset + taken, offset + taken + count), this.#filled);
          this.#filled += count;
          taken += count;
        }
        if (segments[at + SEGMENT_FIELDS.ends] === 1) {
          this.#cut(slab, owner, true);
          this.#pieceStart = this.#filled;
        }
      }
      await this.#hand(slab, owner, onChunks);
      this.#tail = slab.bytes.slice(0, this.#filled);
    } finally {
      this.#slabs.release(slab);
    }
  }

  #reset(slab: Slab, tail: Uint8Array): void {
    slab.bytes.set(tail);
    this.#filled = tail.length;
    this.#pieceStart = 0;
    this.#chunks.clear();
    this.#owners = [];
  }

  /** Hands over all chunks that are decided, and moves the rest to the front. */
  async #hand(slab: Slab, owner: number, onChunks: OnPieceChunks): Promise<void> {
    this.#cut(slab, owner, false);
    const tail = slab.bytes.slice(this.#pieceStart, this.#filled);
    if (this.#chunks.count > 0) await onChunks(slab.bytes, this.#chunks, Uint32Array.from(this.#owners));
    this.#reset(slab, tail);
  }

  /** Cuts the open piece as far as it is there. What is left of it begins at `pieceStart` then. */
  #cut(slab: Slab, owner: number, final: boolean): void {
    if (this.#pieceStart === this.#filled) return;
    const count = this.#slabs.cut(slab, this.#params, this.#pieceStart, this.#filled, final, this.#ends);
    const ids = this.#chunks.reserve(count);
    for (let i = 0; i < count; i++) {
      const end = this.#ends[i]!;
      this.#slabs.identify(slab, this.#pieceStart, end - this.#pieceStart, ids, this.#chunks.count);
      this.#chunks.push(end - this.#pieceStart);
      this.#owners.push(owner);
      this.#pieceStart = end;
    }
  }
}
