import { ChunkBatch } from './chunk-batch.js';
import type { OnChunks } from './read-stream.js';
import { SLAB_BYTES, type Slab, type Slabs } from './slabs.js';
import type { CutParameters } from './write-protocol.js';

const NOTHING = new Uint8Array(0);

/**
 * Cuts a stream whose bytes come from elsewhere, a part at a time, as if it had come in one go. Between the parts only the bytes
 * whose chunk is not decided yet are kept, less than one chunk: a stream that pauses holds no slab.
 */
export class PartCutter {
  readonly #params: CutParameters;
  readonly #ends: Uint32Array;
  readonly #chunks = new ChunkBatch();
  #tail: Uint8Array = NOTHING;
  #turn: Promise<void> = Promise.resolve();

  constructor(params: CutParameters) {
    this.#params = params;
    this.#ends = new Uint32Array(SLAB_BYTES / params.minBytes + 2);
  }

  /**
   * Takes the next part; parts are worked on in the order of the calls. With `final` the stream ends behind it.
   * `onChunks` hears of the chunks in order, as they lie from the slab's start. Returns how many bytes became chunks.
   */
  add(bytes: Uint8Array, final: boolean, slabs: Slabs, onChunks: (slab: Slab) => OnChunks): Promise<number> {
    const done = this.#turn.then(() => this.#cutAll(bytes, final, slabs, onChunks));
    // A part that failed fails the session; those behind it must not wait for ever.
    this.#turn = done.then(
      () => {},
      () => {},
    );
    return done;
  }

  /** Forgets what is left of the stream. */
  wipe(): void {
    this.#tail.fill(0);
    this.#tail = NOTHING;
  }

  async #cutAll(bytes: Uint8Array, final: boolean, slabs: Slabs, onChunks: (slab: Slab) => OnChunks): Promise<number> {
    const slab = await slabs.acquire(Math.min(SLAB_BYTES, this.#tail.length + bytes.length));
    try {
      const tell = onChunks(slab);
      let cut = 0;
      let taken = 0;
      do {
        const carried = this.#tail.length;
        slab.bytes.set(this.#tail);
        const count = Math.min(bytes.length - taken, SLAB_BYTES - carried);
        slab.bytes.set(bytes.subarray(taken, taken + count), carried);
        taken += count;
        cut += await this.#cut(slab, slabs, carried + count, final && taken === bytes.length, tell);
      } while (taken < bytes.length);
      return cut;
    } finally {
      slabs.release(slab);
    }
  }

  async #cut(slab: Slab, slabs: Slabs, filled: number, ended: boolean, tell: OnChunks): Promise<number> {
    const count = filled === 0 ? 0 : slabs.cut(slab, this.#params, 0, filled, ended, this.#ends);
    const used = count === 0 ? 0 : this.#ends[count - 1]!;
    // Kept before the slab's bytes are moved about.
    this.#tail = slab.bytes.slice(used, filled);
    if (count === 0) return 0;
    this.#chunks.clear();
    const ids = this.#chunks.reserve(count);
    let from = 0;
    for (let i = 0; i < count; i++) {
      slabs.identify(slab, from, this.#ends[i]! - from, ids, i);
      this.#chunks.push(this.#ends[i]! - from);
      from = this.#ends[i]!;
    }
    await tell(this.#chunks);
    return used;
  }
}
