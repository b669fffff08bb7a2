import { BitacoraError, equalBytes } from '../base/index.js';
import { createDecompressor, type Decompressor } from '../codec/index.js';
import { type IdHasher, type IdKind, type Opener, TAG_BYTES } from '../crypto/index.js';
import { decodeFrameHeader } from '../format/index.js';
import { packLabel } from './open-secrets.js';

/** Bytes in front of a frame's first chunk, which recomputing an id in place borrows. */
export const FRAME_HEADROOM = 64;

/** A frame's plain bytes. Chunk i is `memory[starts[i], starts[i + 1])`; 64 bytes in front of the first are free. */
export interface OpenedFrame {
  readonly kind: number;
  readonly generation: number;
  readonly count: number;
  readonly memory: Uint8Array;
  readonly starts: Uint32Array;
}

/** Opens frames: unseals, checks the header, decompresses. One a thread; its scratch memory is reused. */
export class FrameOpener {
  readonly #decompressor: Decompressor = createDecompressor();
  #unsealed = new Uint8Array(512 * 1024);
  #memory = new Uint8Array(FRAME_HEADROOM + 1024 * 1024);
  #starts = new Uint32Array(1024);

  /**
   * Opens frame `number` from `sealed`. With `keep` the result has memory of its own; else it lies in scratch memory
   * and holds until the next call.
   *
   * @throws {BitacoraError} `DATA_CORRUPT` naming the pack and the frame.
   */
  open(opener: Opener, pack: string, number: number, sealed: Uint8Array, keep = false): OpenedFrame {
    try {
      return this.#open(opener, pack, number, sealed, keep);
    } catch (error) {
      if (!(error instanceof BitacoraError)) throw error;
      const details = { ...error.details, object: packLabel(pack), pack, frame: number };
      const message = `Cannot open frame ${number} of ${packLabel(pack)}: ${error.message}`;
      throw new BitacoraError(error.code, message, { details, cause: error });
    }
  }

  close(): void {
    this.#decompressor.close();
    this.#unsealed.fill(0);
    this.#memory.fill(0);
  }

  #open(opener: Opener, pack: string, number: number, sealed: Uint8Array, keep: boolean): OpenedFrame {
    const needed = sealed.length - TAG_BYTES;
    if (this.#unsealed.length < needed) this.#unsealed = new Uint8Array(needed);
    const length = opener.open(number, sealed, this.#unsealed, 0);
    const plain = this.#unsealed.subarray(0, length);
    const header = decodeFrameHeader(plain, packLabel(pack));
    const count = header.lengths.length;
    const memory = this.#room(FRAME_HEADROOM + header.plainLength, keep);
    const starts = keep ? new Uint32Array(count + 1) : this.#startsFor(count + 1);
    let at = FRAME_HEADROOM;
    for (let i = 0; i < count; i++) {
      starts[i] = at;
      at += header.lengths[i]!;
    }
    starts[count] = at;
    const payload = plain.subarray(header.payloadOffset);
    this.#decompressor.decompress(header.codec, payload, memory.subarray(FRAME_HEADROOM), header.plainLength);
    return { kind: header.kind, generation: opener.generation, count, memory, starts };
  }

  #room(bytes: number, keep: boolean): Uint8Array {
    if (keep) return new Uint8Array(bytes);
    if (this.#memory.length < bytes) this.#memory = new Uint8Array(bytes);
    return this.#memory;
  }

  #startsFor(count: number): Uint32Array {
    if (this.#starts.length < count) this.#starts = new Uint32Array(count);
    return this.#starts;
  }
}

const computed = new Uint8Array(32);

/**
 * Checks that chunk `position` of an opened frame is the one that is wanted.
 *
 * @throws {BitacoraError} `DATA_CORRUPT` naming pack, frame and position.
 */
export function checkChunk(
  frame: OpenedFrame,
  place: { readonly pack: string; readonly frame: number; readonly position: number },
  kind: number,
  id: Uint8Array,
  hasher: IdHasher,
): void {
  const { position } = place;
  if (position >= frame.count) throw wrongChunk(place, `the frame holds ${frame.count} chunks`);
  if (frame.kind !== kind) throw wrongChunk(place, `the frame is of kind ${frame.kind}, expected ${kind}`);
  const start = frame.starts[position]!;
  hasher.idInPlace(kind as IdKind, frame.memory, start, frame.starts[position + 1]! - start, computed, 0);
  if (!equalBytes(computed, id)) throw wrongChunk(place, 'its bytes do not have the id they were stored under');
}

function wrongChunk(
  place: { readonly pack: string; readonly frame: number; readonly position: number },
  problem: string,
): BitacoraError {
  const message = `Cannot use chunk ${place.position} of frame ${place.frame} of ${packLabel(place.pack)}: ${problem}.`;
  return new BitacoraError('DATA_CORRUPT', message, { details: { object: packLabel(place.pack), ...place } });
}
