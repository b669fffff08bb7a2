import { Cursor } from './cursor.js';
import { type ChunkKind, isChunkKind } from './kinds.js';
import { varintBytes, writeVarint } from './varint.js';

/** The most plain bytes of a frame, docs/format.md §7. */
export const FRAME_PLAIN_BYTES_MAX = 4 * 1024 * 1024 + 64 * 1024;
export const FRAME_CHUNKS_MAX = 65536;

/** What stands in front of a frame's payload. */
export interface FrameHeader {
  readonly kind: ChunkKind;
  /** How the payload is packed; 0 is not at all. */
  readonly codec: number;
  /** Bytes that the payload unpacks to, the sum of `lengths`. */
  readonly plainLength: number;
  /** Plain bytes of each chunk, in order. */
  readonly lengths: Uint32Array;
  /** Where the payload begins; it goes on to the end of the frame. */
  readonly payloadOffset: number;
}

function checkedSum(lengths: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < lengths.length; i++) {
    const length = lengths[i]!;
    if (!Number.isInteger(length) || length < 1) throw new TypeError(`Not a chunk length: ${length}.`);
    total += length;
  }
  if (lengths.length < 1 || lengths.length > FRAME_CHUNKS_MAX || total > FRAME_PLAIN_BYTES_MAX) {
    throw new TypeError(`A frame cannot hold ${lengths.length} chunks of ${total} bytes.`);
  }
  return total;
}

/**
 * How many bytes `writeFrameHeader` takes for chunks of these lengths.
 *
 * @throws {TypeError} when they do not fit into one frame.
 */
export function frameHeaderBytes(lengths: ArrayLike<number>): number {
  let bytes = 2 + varintBytes(checkedSum(lengths)) + varintBytes(lengths.length);
  for (let i = 0; i < lengths.length; i++) bytes += varintBytes(lengths[i]!);
  return bytes;
}

/**
 * Writes what goes in front of a frame's payload to `into` from `offset` and returns the offset behind it.
 * docs/format.md §7.
 *
 * @throws {TypeError} when the chunks do not fit into one frame, or the header into `into`.
 */
export function writeFrameHeader(
  kind: ChunkKind,
  codec: number,
  lengths: ArrayLike<number>,
  into: Uint8Array,
  offset: number,
): number {
  if (into.length - offset < frameHeaderBytes(lengths)) throw new TypeError('No room for a frame header.');
  into[offset] = kind;
  into[offset + 1] = codec;
  let at = writeVarint(into, offset + 2, checkedSum(lengths));
  at = writeVarint(into, at, lengths.length);
  for (let i = 0; i < lengths.length; i++) at = writeVarint(into, at, lengths[i]!);
  return at;
}

/**
 * Reads the header of a frame's plain bytes. All limits are checked before anything is allocated by them. Whether the codec is
 * known is for the decompressor to say.
 *
 * @throws {BitacoraError} `DATA_CORRUPT` naming `object`.
 */
export function decodeFrameHeader(frame: Uint8Array, object = 'a frame'): FrameHeader {
  const cursor = new Cursor(frame, object);
  const kind = cursor.u8();
  if (!isChunkKind(kind)) throw cursor.fail(`its chunk kind is ${kind}, expected 1 to 3`);
  const codec = cursor.u8();
  const plainLength = cursor.varintIn(1, FRAME_PLAIN_BYTES_MAX, 'its plain length');
  const count = cursor.varintIn(1, Math.min(FRAME_CHUNKS_MAX, plainLength), 'its chunk count');
  if (count > cursor.remaining) throw cursor.fail(`it claims ${count} chunks in ${cursor.remaining} bytes`);
  const lengths = new Uint32Array(count);
  let left = plainLength;
  for (let i = 0; i < count; i++) {
    lengths[i] = cursor.varintIn(1, left, 'a chunk length');
    left -= lengths[i]!;
  }
  if (left !== 0) throw cursor.fail(`its chunks are ${left} bytes short of its plain length`);
  const payload = cursor.remaining;
  if (payload < 1 || payload > plainLength || (codec === 0 && payload !== plainLength)) {
    throw cursor.fail(`its payload has ${payload} bytes for ${plainLength} plain ones`);
  }
  return { kind, codec, plainLength, lengths, payloadOffset: cursor.offset };
}
