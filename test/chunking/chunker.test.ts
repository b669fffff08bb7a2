import { createHash } from 'node:crypto';
import t from 'tap';
import {
  type ChunkerParameters,
  createChunker,
  HEADROOM_BYTES,
  LARGE_CLASS,
  SMALL_CLASS,
} from '../../src/chunking/index.js';
import { cutWhole, pseudoRandom, risingIntegers, secretOf, TEST_SIZES, words } from './streams.js';

const MIB = 2 ** 20;

function lengthsOf(ends: readonly number[]): number[] {
  return ends.map((end, i) => end - (ends[i - 1] ?? 0));
}

function chunkDigests(stream: Uint8Array, ends: readonly number[]): string[] {
  return ends.map((end, i) =>
    createHash('sha256')
      .update(stream.subarray(ends[i - 1] ?? 0, end))
      .digest('hex'),
  );
}

t.test('cut() keeps every length between minimum and maximum, save the last', (t) => {
  const chunker = createChunker(secretOf(1), 4 * MIB);
  for (const stream of [pseudoRandom(4 * MIB, 1), risingIntegers(4 * MIB, 2), words(4 * MIB, 3)]) {
    for (const parameters of [SMALL_CLASS, LARGE_CLASS, TEST_SIZES]) {
      const lengths = lengthsOf(cutWhole(chunker, parameters, stream));
      t.equal(
        lengths.reduce((sum, length) => sum + length, 0),
        stream.length,
      );
      t.ok(lengths.at(-1)! <= parameters.maxBytes);
      t.same(
        lengths.slice(0, -1).filter((length) => length < parameters.minBytes || length > parameters.maxBytes),
        [],
      );
    }
  }
  t.end();
});

t.test('cut() makes chunks of about the normal length of random data', (t) => {
  const ends = cutWhole(createChunker(secretOf(5), 16 * MIB), SMALL_CLASS, pseudoRandom(16 * MIB, 5));
  const mean = (16 * MIB) / ends.length;
  t.ok(mean > 58_000 && mean < 84_000, `mean ${mean}`);
  t.end();
});

t.test('cut() makes one chunk of a stream up to the minimum, and none of an empty one', (t) => {
  const chunker = createChunker(secretOf(1), MIB);
  t.same(cutWhole(chunker, SMALL_CLASS, new Uint8Array(0)), []);
  t.same(cutWhole(chunker, SMALL_CLASS, pseudoRandom(1, 1)), [1]);
  t.same(cutWhole(chunker, SMALL_CLASS, pseudoRandom(SMALL_CLASS.minBytes, 1)), [SMALL_CLASS.minBytes]);
  t.end();
});

t.test('cut() leaves the tail of an unfinished stream, shorter than the maximum', (t) => {
  const chunker = createChunker(secretOf(1), MIB);
  chunker.buffer.set(pseudoRandom(MIB, 7));
  const out = new Uint32Array(100);
  t.equal(chunker.cut(SMALL_CLASS, 0, SMALL_CLASS.minBytes, false, out), 0);
  for (let end = SMALL_CLASS.minBytes; end <= MIB; end += 9973) {
    const count = chunker.cut(SMALL_CLASS, 0, end, false, out);
    const used = count === 0 ? 0 : out[count - 1]!;
    t.ok(used <= end && end - used < SMALL_CLASS.maxBytes);
  }
  t.end();
});

t.test('cut() makes longest chunks of constant runs', (t) => {
  const chunker = createChunker(secretOf(9), 2 * MIB);
  const longest = Array.from({ length: 8 }, (_, i) => (i + 1) * SMALL_CLASS.maxBytes);
  for (let byte = 0; byte < 256; byte++) {
    const ends = cutWhole(chunker, SMALL_CLASS, new Uint8Array(2 * MIB).fill(byte));
    if (!t.same(ends, longest, `byte ${byte}`)) break;
  }
  t.end();
});

t.test('cut() finds its way back after an edit in the middle', (t) => {
  for (const before of [pseudoRandom(4 * MIB, 11), risingIntegers(4 * MIB, 12), words(4 * MIB, 13)]) {
    const edited = new Uint8Array(before.length + 7);
    edited.set(before.subarray(0, 2 * MIB));
    edited.set(pseudoRandom(7, 14), 2 * MIB);
    edited.set(before.subarray(2 * MIB), 2 * MIB + 7);
    const chunker = createChunker(secretOf(15), edited.length);
    const known = new Set(chunkDigests(before, cutWhole(chunker, SMALL_CLASS, before)));
    const digests = chunkDigests(edited, cutWhole(chunker, SMALL_CLASS, edited));
    const added = digests.filter((digest) => !known.has(digest)).length;
    t.ok(added >= 1 && added <= 6, `${added} new chunks of ${digests.length}`);
  }
  t.end();
});

t.test('cut() cuts equal bytes differently under another secret', (t) => {
  const stream = pseudoRandom(2 * MIB, 16);
  const one = cutWhole(createChunker(secretOf(17), stream.length), SMALL_CLASS, stream);
  const other = cutWhole(createChunker(secretOf(18), stream.length), SMALL_CLASS, stream);
  t.notSame(one, other);
  t.end();
});

t.test('rekey() makes a chunker like a new one', (t) => {
  const stream = pseudoRandom(2 * MIB, 16);
  const chunker = createChunker(secretOf(17), stream.length);
  const one = cutWhole(chunker, SMALL_CLASS, stream);
  chunker.rekey(secretOf(18));
  const other = cutWhole(chunker, SMALL_CLASS, stream);
  t.same(other, cutWhole(createChunker(secretOf(18), stream.length), SMALL_CLASS, stream));
  chunker.rekey(secretOf(17));
  t.same(cutWhole(chunker, SMALL_CLASS, stream), one);
  t.end();
});

t.test('cut() does not depend on what lies around the bytes, nor on where they lie', (t) => {
  const stream = pseudoRandom(MIB, 19);
  const chunker = createChunker(secretOf(20), MIB + 1000);
  const expected = cutWhole(chunker, SMALL_CLASS, stream);
  const out = new Uint32Array(100);
  for (const start of [0, 1, 63, 777, 1000]) {
    chunker.buffer.fill(0xa5);
    chunker.memory.fill(0x5a, chunker.bufferOffset - HEADROOM_BYTES, chunker.bufferOffset);
    chunker.buffer.set(stream, start);
    const count = chunker.cut(SMALL_CLASS, start, start + stream.length, true, out);
    t.same(
      [...out.subarray(0, count)].map((end) => end - start),
      expected,
    );
  }
  t.end();
});

t.test('cut() returns more ends than the kernel lists in one call', (t) => {
  const parameters: ChunkerParameters = { algorithm: 'sgear', minBytes: 128, normalBytes: 8193, maxBytes: 8194 };
  const count = 2 * 4096 + 3;
  const stream = new Uint8Array(count * 8194).fill(7);
  const ends = cutWhole(createChunker(secretOf(22), stream.length), parameters, stream);
  t.equal(ends.length, count);
  t.ok(ends.every((end, i) => end === (i + 1) * 8194));
  t.end();
});

t.test('cut() refuses bytes outside the buffer, a list that is too short and impossible sizes', (t) => {
  const chunker = createChunker(secretOf(1), MIB);
  const out = new Uint32Array(1);
  t.throws(() => chunker.cut(SMALL_CLASS, 0, MIB + 1, true, out), RangeError);
  t.throws(() => chunker.cut(SMALL_CLASS, -1, 10, true, out), RangeError);
  t.throws(() => chunker.cut(SMALL_CLASS, 11, 10, true, out), RangeError);
  t.throws(() => chunker.cut(SMALL_CLASS, 0, MIB, true, out), /more chunk ends than the 1 places/);
  const bad: Partial<ChunkerParameters>[] = [
    { minBytes: 127 },
    { minBytes: 65536 },
    { maxBytes: 65536 },
    { normalBytes: 20_000.5 },
  ];
  for (const change of bad) {
    t.throws(() => chunker.cut({ ...SMALL_CLASS, ...change }, 0, 10, true, out), TypeError, JSON.stringify(change));
  }
  t.throws(() => chunker.cut({ ...TEST_SIZES, normalBytes: 8192 }, 0, 10, true, out), TypeError);
  t.throws(() => createChunker(secretOf(1), 0), RangeError);
  t.throws(() => createChunker(new Uint8Array(31), MIB), TypeError);
  t.end();
});

t.test('createChunker() gives the memory that it promises', (t) => {
  const chunker = createChunker(secretOf(1), 3 * MIB);
  t.equal(chunker.buffer.length, 3 * MIB);
  t.equal(chunker.buffer.byteOffset, chunker.bufferOffset);
  t.equal(chunker.buffer.buffer, chunker.memory.buffer);
  t.equal(chunker.bufferOffset % 4096, 0);
  t.ok(HEADROOM_BYTES >= 64 && chunker.bufferOffset >= HEADROOM_BYTES);
  t.ok(chunker.memory.length >= chunker.bufferOffset + chunker.buffer.length + 128);
  t.end();
});
