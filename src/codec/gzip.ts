import { gunzipSync, gzipSync } from 'node:zlib';
import { corruptPacked, problemOf } from './corrupt.js';

const HEADER_BYTES = 64;
const CHUNK_BYTES_MIN = 64;

/** One gzip member. Answers its length, or 0 when it does not fit into `into`. Node allocates its output; it is copied and dropped. */
export function encodeGzip(plain: Uint8Array, into: Uint8Array, level: number): number {
  // One output block as large as the worst case: no joining of pieces.
  const chunkSize = HEADER_BYTES + plain.length + (plain.length >> 8);
  const packed = gzipSync(plain, { level, chunkSize });
  if (packed.length > into.length) return 0;
  into.set(packed);
  return packed.length;
}

/**
 * Fills `into` from gzip data that yields exactly `into.length` bytes.
 *
 * @throws DATA_CORRUPT
 */
export function decodeGzip(packed: Uint8Array, into: Uint8Array): void {
  const plain = inflate(packed, into.length);
  if (plain.length !== into.length)
    throw corruptPacked('gzip', `it yields ${plain.length} bytes, expected ${into.length}`);
  into.set(plain);
}

function inflate(packed: Uint8Array, plainLength: number): Uint8Array {
  const { buffer, engine } = gunzip(packed, plainLength);
  if (engine.bytesWritten !== packed.length) throw corruptPacked('gzip', 'bytes follow the end of the data');
  return buffer;
}

/** What Node answers under `info`, which its type definitions leave out; `bytesWritten` is the input that was used. */
interface Gunzipped {
  buffer: Uint8Array;
  engine: { bytesWritten: number };
}

function gunzip(packed: Uint8Array, plainLength: number): Gunzipped {
  try {
    return gunzipSync(packed, {
      info: true,
      maxOutputLength: Math.max(1, plainLength),
      chunkSize: Math.max(CHUNK_BYTES_MIN, plainLength),
    }) as unknown as Gunzipped;
  } catch (error) {
    throw corruptPacked('gzip', problemOf(error), error);
  }
}
