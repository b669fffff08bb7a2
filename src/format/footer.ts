import { Cursor } from './cursor.js';
import { FRAME_CHUNKS_MAX, FRAME_PLAIN_BYTES_MAX } from './frame.js';
import { type ChunkKind, ID_BYTES, isChunkKind } from './kinds.js';
import { VARINT_BYTES_MAX, varintBytes, writeVarint } from './varint.js';

/** Where the first frame of a pack begins: right behind its header. */
export const FIRST_FRAME_OFFSET = 80;

const TAG_BYTES = 16;
/** Kind, codec, one chunk of one byte, the payload and the tag. */
const SEALED_FRAME_BYTES_MIN = 6 + TAG_BYTES;
/** A full frame stored as it is, with the longest chunk table. */
const SEALED_FRAME_BYTES_MAX = 2 + 4 + 3 + 4 * FRAME_CHUNKS_MAX + FRAME_PLAIN_BYTES_MAX + TAG_BYTES;
/** Sealed length, kind, count and one id. */
const FRAME_RECORD_BYTES_MIN = 3 + ID_BYTES;

/** A pack's table of contents. Chunk `c` of frame `f` has id number `firstChunks[f] + c`. */
export interface Footer {
  readonly frameCount: number;
  readonly chunkCount: number;
  /** Where each frame begins in the pack. */
  readonly offsets: Float64Array;
  /** Bytes of each frame in the pack. */
  readonly sealedLengths: Uint32Array;
  /** The kind of each frame's chunks. */
  readonly kinds: Uint8Array;
  /** Number of each frame's first chunk; one more entry than frames, the last is `chunkCount`. */
  readonly firstChunks: Uint32Array;
  /** All ids, 32 bytes each, in order. */
  readonly ids: Uint8Array;
  /** Offset behind the last frame. */
  readonly end: number;
}

/** Collects a pack's footer while its frames are written. */
export class FooterBuilder {
  #records = Buffer.allocUnsafe(4096);
  #length = 0;
  #frames = 0;
  #end = FIRST_FRAME_OFFSET;

  get frameCount(): number {
    return this.#frames;
  }

  /** Offset in the pack where the next frame goes. */
  get end(): number {
    return this.#end;
  }

  /** Bytes that `encode` yields. */
  get plainBytes(): number {
    return varintBytes(this.#frames) + this.#length;
  }

  /**
   * Adds the next frame: its bytes in the pack (tag included), its kind, its chunks' ids one after another. Copies `ids`.
   *
   * @throws {TypeError} on figures that no reader would accept.
   */
  addFrame(kind: ChunkKind, sealedLength: number, ids: Uint8Array): void {
    const count = ids.length / ID_BYTES;
    if (!Number.isInteger(count) || count < 1 || count > FRAME_CHUNKS_MAX) {
      throw new TypeError(`Not the ids of a frame: ${ids.length} bytes.`);
    }
    if (!isChunkKind(kind) || sealedLength < SEALED_FRAME_BYTES_MIN || sealedLength > SEALED_FRAME_BYTES_MAX) {
      throw new TypeError(`Not a frame: kind ${kind}, ${sealedLength} bytes.`);
    }
    this.#reserve(2 * VARINT_BYTES_MAX + 1 + ids.length);
    let at = writeVarint(this.#records, this.#length, sealedLength);
    this.#records[at++] = kind;
    at = writeVarint(this.#records, at, count);
    this.#records.set(ids, at);
    this.#length = at + ids.length;
    this.#frames++;
    this.#end += sealedLength;
  }

  /** The footer's plain bytes, docs/format.md §7. The caller owns them. */
  encode(): Uint8Array {
    const out = new Uint8Array(this.plainBytes);
    const at = writeVarint(out, 0, this.#frames);
    out.set(this.#records.subarray(0, this.#length), at);
    return out;
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#records.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#records.length * 2, this.#length + bytes));
    larger.set(this.#records.subarray(0, this.#length));
    this.#records = larger;
  }
}

/** What the trailer says that a footer must agree with. */
export interface FooterBounds {
  readonly frameCount: number;
  readonly footerOffset: number;
}

/**
 * Reads a footer's plain bytes; keeps nothing of them. Memory grows with their length, never with what they claim.
 *
 * @param bounds where the footer begins and how many frames the trailer counts; left out when only the footer was kept.
 * @throws {BitacoraError} `DATA_CORRUPT` naming `object`.
 */
export function decodeFooter(bytes: Uint8Array, object = 'a pack footer', bounds?: FooterBounds): Footer {
  const cursor = new Cursor(bytes, object);
  const frameCount = cursor.varintIn(0, Math.floor(bytes.length / FRAME_RECORD_BYTES_MIN), 'its frame count');
  if (bounds && bounds.frameCount !== frameCount) {
    throw cursor.fail(`it lists ${frameCount} frames, and the trailer says ${bounds.frameCount}`);
  }
  const offsets = new Float64Array(frameCount);
  const sealedLengths = new Uint32Array(frameCount);
  const kinds = new Uint8Array(frameCount);
  const firstChunks = new Uint32Array(frameCount + 1);
  const ids = new Uint8Array(cursor.remaining);
  let chunkCount = 0;
  let end = FIRST_FRAME_OFFSET;
  for (let frame = 0; frame < frameCount; frame++) {
    const sealedLength = cursor.varintIn(SEALED_FRAME_BYTES_MIN, SEALED_FRAME_BYTES_MAX, 'a sealed length');
    const kind = cursor.u8();
    if (!isChunkKind(kind)) throw cursor.fail(`a chunk kind is ${kind}, expected 1 to 3`);
    const count = cursor.varintIn(1, FRAME_CHUNKS_MAX, 'a chunk count');
    ids.set(cursor.take(count * ID_BYTES), chunkCount * ID_BYTES);
    offsets[frame] = end;
    sealedLengths[frame] = sealedLength;
    kinds[frame] = kind;
    chunkCount += count;
    firstChunks[frame + 1] = chunkCount;
    end += sealedLength;
  }
  cursor.end();
  if (bounds && end > bounds.footerOffset) {
    throw cursor.fail(`its frames end at ${end}, behind the footer at ${bounds.footerOffset}`);
  }
  const used = ids.subarray(0, chunkCount * ID_BYTES);
  return { frameCount, chunkCount, offsets, sealedLengths, kinds, firstChunks, ids: used, end };
}
