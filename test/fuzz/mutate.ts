import type { SeededRandom } from '../campaign/random.js';

const INTERESTING = [0, 1, 2, 3, 0x10, 0x20, 0x7f, 0x80, 0x81, 0x90, 0xa0, 0xc0, 0xc6, 0xcf, 0xdd, 0xdf, 0xfe, 0xff];
/** Lengths and counts at the edges of what fits, as LEB128 and as big-endian numbers. */
const NUMBERS: readonly (readonly number[])[] = [
  [0x80],
  [0x80, 0x00],
  [0xff, 0x7f],
  [0xff, 0xff, 0x03],
  [0x80, 0x80, 0x80, 0x80, 0x08],
  [0x80, 0x94, 0xeb, 0xdc, 0x03],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
  [0x7f, 0xff, 0xff, 0xff],
  [0xff, 0xff, 0xff, 0xff],
  [0x00, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0x00, 0x20, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00],
];

type Mutation = (bytes: Uint8Array, random: SeededRandom, others: readonly Uint8Array[]) => Uint8Array;

function at(bytes: Uint8Array, random: SeededRandom): number {
  // The beginning says most of what follows.
  const limit = random.chance(0.5) ? Math.min(bytes.length, 24) : bytes.length;
  return random.below(limit + 1);
}

function replaced(bytes: Uint8Array, from: number, to: number, by: Uint8Array | readonly number[]): Uint8Array {
  return Buffer.concat([bytes.subarray(0, from), Uint8Array.from(by), bytes.subarray(to)]);
}

const MUTATIONS: readonly Mutation[] = [
  (bytes, random) => {
    const out = new Uint8Array(bytes);
    const place = at(bytes, random);
    if (place < out.length) out[place]! ^= 1 << random.below(8);
    return out;
  },
  (bytes, random) => {
    const out = new Uint8Array(bytes);
    const place = at(bytes, random);
    if (place < out.length) out[place] = random.pick(INTERESTING);
    return out;
  },
  (bytes, random) => {
    const place = at(bytes, random);
    return replaced(bytes, place, place + random.below(4), random.pick(NUMBERS));
  },
  (bytes, random) => bytes.slice(0, at(bytes, random)),
  (bytes, random) => {
    const from = at(bytes, random);
    return replaced(bytes, from, Math.min(bytes.length, from + 1 + random.below(16)), []);
  },
  (bytes, random) => {
    const place = at(bytes, random);
    return replaced(bytes, place, place, random.bytes(1 + random.below(16)));
  },
  (bytes, random) => {
    // A piece again and again.
    const from = at(bytes, random);
    const piece = bytes.subarray(from, from + 1 + random.below(40));
    const times = 1 + random.below(random.chance(0.1) ? 200 : 6);
    return replaced(bytes, from, from, Buffer.concat(Array.from({ length: times }, () => piece)));
  },
  (bytes, random, others) => {
    const other = random.pick(others);
    return Buffer.concat([bytes.subarray(0, at(bytes, random)), other.subarray(random.below(other.length + 1))]);
  },
  (bytes, random, others) => {
    const other = random.pick(others);
    const from = random.below(other.length + 1);
    const piece = other.subarray(from, from + 1 + random.below(32));
    const place = at(bytes, random);
    return replaced(bytes, place, Math.min(bytes.length, place + piece.length), piece);
  },
];

const LENGTH_MAX = 64 * 1024;

/** One to four changes to one of the seeds; seldom none, so that what is sound is seen to be taken. */
export function mutated(seeds: readonly Uint8Array[], random: SeededRandom): Uint8Array {
  let bytes = random.pick(seeds);
  if (random.chance(0.02)) return new Uint8Array(bytes);
  for (let left = 1 + random.below(4); left > 0; left--) bytes = random.pick(MUTATIONS)(bytes, random, seeds);
  return new Uint8Array(bytes.subarray(0, LENGTH_MAX));
}
