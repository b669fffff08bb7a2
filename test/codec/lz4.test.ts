import t from 'tap';
import { decodeLz4 } from '../../src/codec/lz4-decode.js';
import { createLz4Encoder } from '../../src/codec/lz4-encode.js';
import { integers, noise, prose } from './samples.js';

interface Sequence {
  literals: Uint8Array;
  match: number;
  distance: number;
}

/** A slow reading of the block format, sharing nothing with the program. */
function parse(block: Uint8Array): Sequence[] {
  const bytes = [...block];
  const count = (nibble: number): number => {
    let total = nibble;
    for (let more = nibble === 15 ? 255 : 0; more === 255; total += more) more = bytes.shift()!;
    return total;
  };
  const sequences: Sequence[] = [];
  while (bytes.length > 0) {
    const token = bytes.shift()!;
    const literals = Uint8Array.from(bytes.splice(0, count(token >> 4)));
    if (bytes.length === 0) return [...sequences, { literals, match: 0, distance: 0 }];
    const distance = bytes.shift()! + 256 * bytes.shift()!;
    sequences.push({ literals, match: count(token & 15) + 4, distance });
  }
  throw new Error('the block does not end with literals');
}

function replay(sequences: Sequence[]): number[] {
  const out: number[] = [];
  for (const { literals, match, distance } of sequences) {
    for (const byte of literals) out.push(byte);
    for (let i = 0; i < match; i++) out.push(out[out.length - distance]!);
  }
  return out;
}

t.test('lz4 blocks obey the format: a slow reader agrees and the end rules hold', async (t) => {
  const encode = createLz4Encoder();
  const inputs = [
    prose(20_000, 'lz4'),
    integers(8000),
    new Uint8Array(5000),
    Buffer.concat([noise(2000, 'a'), noise(2000, 'a'), noise(300, 'b')]),
    new TextEncoder().encode('aaaaaaaaaaaaaaaaaaaa'),
    Buffer.concat([noise(70_000, 'far'), noise(70_000, 'far')]),
  ];
  for (const plain of inputs) {
    const into = new Uint8Array(plain.length + 1000);
    const length = encode(plain, into);
    const sequences = parse(into.subarray(0, length));
    t.equal(Buffer.compare(Uint8Array.from(replay(sequences)), plain), 0);
    const last = sequences.at(-1)!;
    t.ok(sequences.length === 1 || last.literals.length >= 5, 'the last five bytes are literals');
    const before = sequences.at(-2);
    if (before) t.ok(before.match + last.literals.length >= 12, 'no match starts in the last twelve bytes');
    t.ok(sequences.every(({ distance }) => distance <= 65_535));
    const exact = new Uint8Array(length);
    t.equal(encode(plain, exact), length, 'the exact room is enough');
    t.equal(encode(plain, new Uint8Array(length - 1)), 0, 'one byte less is not');
  }
});

t.test('decodeLz4() reads a block of another encoder', async (t) => {
  // Written by lz4_flex.
  const block = Buffer.from(
    'fb02412073657373696f6e20656e6465642e201100da2c20616e6420616e6f746865722c00603b207468656e0500041800127345000f06000660656e6465642e',
    'hex',
  );
  const plain = new TextEncoder().encode(
    'A session ended. A session ended, and another session ended; then the sessions ended ended ended ended ended ended.',
  );
  const out = new Uint8Array(plain.length);
  decodeLz4(block, out);
  t.equal(Buffer.compare(out, plain), 0);
});
