import assert from 'node:assert/strict';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { type ChunkerParameters, createChunker, LARGE_CLASS, SMALL_CLASS } from '../../src/chunking/index.js';
import { referenceCuts } from '../reference/chunker.js';
import {
  cutInSlabs,
  cutWhole,
  pseudoRandom,
  repeated,
  risingIntegers,
  secretOf,
  TEST_SIZES,
  words,
} from './streams.js';

const sizes: fc.Arbitrary<ChunkerParameters> = fc
  .record({
    minBytes: fc.integer({ min: 128, max: 2000 }),
    normalBytes: fc.integer({ min: 8193, max: 12000 }),
    beyond: fc.integer({ min: 1, max: 30000 }),
  })
  .map(({ minBytes, normalBytes, beyond }) => ({
    algorithm: 'sgear',
    minBytes,
    normalBytes,
    maxBytes: normalBytes + beyond,
  }));

const length = fc.integer({ min: 0, max: 60_000 });
const seed = fc.integer();
const piece: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.tuple(length, seed).map(([n, s]) => pseudoRandom(n, s)),
  fc.tuple(length, seed).map(([n, s]) => risingIntegers(n, s)),
  fc.tuple(length, seed).map(([n, s]) => words(n, s)),
  fc.tuple(length, fc.uint8Array({ minLength: 1, maxLength: 40 })).map(([n, unit]) => repeated(n, unit)),
  fc.uint8Array({ maxLength: 300 }),
);
const stream = fc.array(piece, { minLength: 1, maxLength: 3 }).map((pieces) => Uint8Array.from(Buffer.concat(pieces)));

const BUFFER_BYTES = 200_000;

/** Runs a property whose failure names the seed and the smallest case; says the seed when it holds, too. */
function holds<T extends unknown[]>(t: Test, property: fc.IProperty<T>): void {
  const seed = Number(process.env.FC_SEED ?? Math.trunc(Math.random() * 2 ** 31));
  t.doesNotThrow(() => fc.assert(property, { numRuns: 40, seed }), `seed ${seed}`);
  t.end();
}

t.test('cut() agrees with the reference on any stream, secret and sizes', (t) => {
  const property = fc.property(stream, seed, sizes, (bytes, secretSeed, parameters) => {
    const secret = secretOf(secretSeed);
    const chunker = createChunker(secret, BUFFER_BYTES);
    assert.deepEqual(cutWhole(chunker, parameters, bytes), referenceCuts(secret, parameters, bytes));
  });
  holds(t, property);
});

t.test('cut() gives the same ends however a stream is split into slabs', (t) => {
  const slabs = fc.integer({ min: 1, max: 70_000 });
  const property = fc.property(stream, seed, slabs, (bytes, secretSeed, slab) => {
    const chunker = createChunker(secretOf(secretSeed), BUFFER_BYTES);
    const whole = cutWhole(chunker, TEST_SIZES, bytes);
    const small = createChunker(secretOf(secretSeed), TEST_SIZES.maxBytes);
    assert.deepEqual(cutInSlabs(chunker, TEST_SIZES, bytes, Math.max(slab, 50)), whole);
    assert.deepEqual(cutInSlabs(small, TEST_SIZES, bytes, Math.max(slab, 50)), whole);
  });
  holds(t, property);
});

t.test('cut() agrees with the reference under both classes of the program', (t) => {
  const bytes = Uint8Array.from(
    Buffer.concat([pseudoRandom(800_000, 1), risingIntegers(200_000, 2), words(200_000, 3)]),
  );
  const secret = secretOf(4);
  const chunker = createChunker(secret, bytes.length);
  for (const parameters of [SMALL_CLASS, LARGE_CLASS]) {
    const ends = cutWhole(chunker, parameters, bytes);
    t.same(ends, referenceCuts(secret, parameters, bytes));
    t.ok(ends.length > 3, 'there was something to agree on');
  }
  t.end();
});
