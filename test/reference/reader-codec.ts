import { gunzipSync } from 'node:zlib';
import { decompress } from '@bokuweb/zstd-wasm';
import { ensure } from './reader-bytes.js';

/** Unpacks a frame's payload to exactly `length` bytes, by the codec's number. The zstd package must be initialised. */
export function unpack(codec: number, payload: Buffer, length: number): Buffer {
  const plain = UNPACK[codec]?.(payload, length);
  ensure(plain, `Codec ${codec} is for a newer reader`);
  ensure(plain.length === length, `A frame unpacks to ${plain.length} bytes, not to ${length}`);
  return plain;
}

const UNPACK: readonly ((payload: Buffer, length: number) => Buffer)[] = [
  (payload) => payload,
  (payload, length) => {
    ensure(zstdContentSize(payload) === length, 'A zstd frame has another content size than its seal says');
    return Buffer.from(decompress(payload));
  },
  unpackLz4,
  (payload, length) => gunzipSync(payload, { maxOutputLength: length }),
];

/** RFC 8878, 3.1.1.1: what the frame says that it holds, so that no frame makes the package allocate what it likes. */
function zstdContentSize(frame: Buffer): number | undefined {
  ensure(frame.readUInt32LE() === 0xfd2fb528, 'A payload is not a zstd frame');
  const descriptor = frame.readUInt8(4);
  const single = (descriptor & 32) !== 0;
  const at = single ? 5 : 6;
  const bytes = descriptor >> 6 === 0 ? Number(single) : 2 ** (descriptor >> 6);
  if (bytes === 0 || (descriptor & 3) !== 0) return undefined;
  return bytes === 8 ? Number(frame.readBigUInt64LE(at)) : frame.readUIntLE(at, bytes) + (bytes === 2 ? 256 : 0);
}

/** The LZ4 block format: literals and a match in turn; the last sequence has no match. */
function unpackLz4(block: Buffer, length: number): Buffer {
  const plain = Buffer.alloc(length);
  let from = 0;
  let to = 0;
  const extended = (nibble: number): number => {
    let total = nibble;
    for (let more = nibble === 15 ? 255 : 0; more === 255; total += more) more = block.readUInt8(from++);
    return total;
  };
  for (;;) {
    const token = block.readUInt8(from++);
    const literals = extended(token >> 4);
    ensure(from + literals <= block.length && to + literals <= length, 'An LZ4 block claims too much');
    block.copy(plain, to, from, from + literals);
    from += literals;
    to += literals;
    if (from === block.length) return plain.subarray(0, to);
    const distance = block.readUInt16LE(from);
    from += 2;
    const match = extended(token & 15) + 4;
    ensure(distance > 0 && distance <= to && to + match <= length, 'An LZ4 block copies from outside');
    // Byte by byte, since a match may overlap what it makes.
    for (let i = 0; i < match; i++, to++) plain[to] = plain.readUInt8(to - distance);
  }
}
