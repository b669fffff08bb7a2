import { createHash } from 'node:crypto';
import t from 'tap';
import { createChunker, LARGE_CLASS, SMALL_CLASS } from '../../src/chunking/index.js';
import { expandKey } from '../../src/chunking/key.js';
import { referenceKey } from '../reference/chunker.js';
import { cutWhole, pseudoRandom, risingIntegers, secretOf, words } from './streams.js';

// Cut points are part of the format: should one of these values move, every vault would store its data anew.
// They change only together with a new algorithm name.
const SECRET = Uint8Array.from({ length: 32 }, (_, i) => i);
const MIB = 2 ** 20;
const STREAM = Uint8Array.from(
  Buffer.concat([pseudoRandom(6 * MIB, 2024), risingIntegers(MIB, 2025), words(MIB, 2026), new Uint8Array(MIB)]),
);

function digestOf(ends: readonly number[]): string {
  return createHash('sha256').update(ends.join(' ')).digest('hex');
}

t.test('the frozen stream is what it was', (t) => {
  t.equal(
    createHash('sha256').update(STREAM).digest('hex'),
    '3302419de9b4cfa740c3c75e67a694b0de00d768384da33812e68f463b11ae0a',
  );
  t.end();
});

t.test('expandKey() gives the frozen key, and the one of the reference for many secrets', (t) => {
  t.equal(
    Buffer.from(expandKey(SECRET)).toString('hex'),
    '637d1ff6493366429ab42e50c6c06de78d801f64541590f1924da159435d135a337214cdc59fd58e3b91a02fbd1161a6be2a51c3978f45def100cecec8175c1d',
  );
  for (let seed = 0; seed < 50; seed++) {
    const { lo, hi, k } = referenceKey(secretOf(seed));
    const key = Buffer.from(expandKey(secretOf(seed)));
    t.same([...key.subarray(0, 32)], [...lo, ...hi]);
    t.same(
      [0, 1, 2, 3].map((j) => key.readBigUInt64LE(32 + 8 * j)),
      k,
    );
  }
  t.end();
});

t.test('cut() gives the frozen ends of the small class', (t) => {
  const ends = cutWhole(createChunker(SECRET, STREAM.length), SMALL_CLASS, STREAM);
  t.same(ends.slice(0, 8), [66827, 138893, 157845, 234535, 318011, 390042, 504422, 572319]);
  t.equal(ends.length, 113);
  t.equal(digestOf(ends), '06071078a3d5866f4f12b066144f3b02b28eabb539b77a7498fb9f3c0625b1d4');
  t.end();
});

t.test('cut() gives the frozen ends of the large class', (t) => {
  const ends = cutWhole(createChunker(SECRET, STREAM.length), LARGE_CLASS, STREAM);
  t.same(ends.slice(0, 8), [285212, 390042, 726898, 955752, 1312709, 1614075, 1936849, 2019967]);
  t.equal(ends.length, 32);
  t.equal(digestOf(ends), '1195c3c95c9fd56aa4af16645dc6d9d1e9cf81bd2af69f6bfc519949c7f8bd4b');
  t.end();
});
