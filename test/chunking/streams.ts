import type { Chunker, ChunkerParameters } from '../../src/chunking/index.js';

/** Small sizes, so that a short stream has many chunks. */
export const TEST_SIZES: ChunkerParameters = { algorithm: 'sgear', minBytes: 256, normalBytes: 8200, maxBytes: 32768 };

export function secretOf(seed: number): Uint8Array {
  return pseudoRandom(32, seed ^ 0x5eed);
}

/** Bytes of xorshift32 started at `seed`, its low byte each step: the same in every version of everything. */
export function pseudoRandom(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed >>> 0 || 0x9e3779b9;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state & 0xff;
  }
  return bytes;
}

/** Little-endian u32 that rise by small steps, as in an index or an id column. */
export function risingIntegers(length: number, seed: number): Uint8Array {
  const steps = pseudoRandom(Math.ceil(length / 4), seed);
  const bytes = new Uint8Array(steps.length * 4);
  const view = new DataView(bytes.buffer);
  let value = 0;
  steps.forEach((step, i) => {
    value += step;
    view.setUint32(4 * i, value, true);
  });
  return bytes.subarray(0, length);
}

const WORDS =
  'the of and to in session started at ended by user note is was for on that with as {"id": , "topic": "} \n'.split(
    ' ',
  );

/** Text of a few words over and over. */
export function words(length: number, seed: number): Uint8Array {
  const text = Array.from(pseudoRandom(length, seed), (byte) => WORDS[byte % WORDS.length]).join(' ');
  return new TextEncoder().encode(text).subarray(0, length);
}

/** A unit of bytes over and over. */
export function repeated(length: number, unit: Uint8Array): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => unit[i % unit.length]!);
}

/** Chunk ends of a whole stream that fits the buffer, in one call. */
export function cutWhole(chunker: Chunker, parameters: ChunkerParameters, stream: Uint8Array): number[] {
  chunker.buffer.set(stream);
  const out = new Uint32Array(Math.floor(stream.length / parameters.minBytes) + 1);
  return [...out.subarray(0, chunker.cut(parameters, 0, stream.length, true, out))];
}

/** Chunk ends of a stream that is fed as its reader would: fill the buffer by at most `slab`, cut, move the tail to the front. */
export function cutInSlabs(
  chunker: Chunker,
  parameters: ChunkerParameters,
  stream: Uint8Array,
  slab: number,
): number[] {
  const out = new Uint32Array(Math.floor(chunker.buffer.length / parameters.minBytes) + 1);
  const ends: number[] = [];
  let done = 0;
  let held = 0;
  for (let read = 0; read < stream.length; ) {
    const take = Math.min(slab, chunker.buffer.length - held, stream.length - read);
    chunker.buffer.set(stream.subarray(read, read + take), held);
    read += take;
    held += take;
    const count = chunker.cut(parameters, 0, held, read === stream.length, out);
    for (const end of out.subarray(0, count)) ends.push(done + end);
    const used = count === 0 ? 0 : out[count - 1]!;
    chunker.buffer.copyWithin(0, used, held);
    held -= used;
    done += used;
  }
  return ends;
}
