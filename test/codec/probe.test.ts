import t from 'tap';
import { compressorOn } from '../../src/codec/compressor.js';
import { compressible } from '../../src/codec/index.js';
import { zstdProviders } from './providers.js';
import { integers, noise, prose } from './samples.js';

const LENGTH = 262_144;

t.test('compressible() lets through what shrinks', async (t) => {
  const base64 = Buffer.from(Buffer.from(noise(LENGTH, 'base64')).toString('base64')).subarray(0, LENGTH);
  const halfText = Buffer.concat([noise(LENGTH / 2, 'half'), prose(LENGTH / 2, 'half')]);
  t.ok(compressible(prose(LENGTH, 'text')), 'text');
  t.ok(compressible(integers(LENGTH)), 'integers');
  t.ok(compressible(new Uint8Array(LENGTH)), 'zeros');
  t.ok(compressible(base64), 'base64 of noise');
  t.ok(compressible(halfText), 'noise, then text');
  t.ok(compressible(noise(1000, 'short')), 'anything short');
});

t.test('compressible() turns away noise of every length', async (t) => {
  for (const length of [65_536, LENGTH, LENGTH + 12_345, 4 * LENGTH])
    t.notOk(compressible(noise(length, 'noise')), `${length}`);
  const halves = [noise(LENGTH / 2, 'one'), noise(LENGTH / 2, 'two')];
  t.notOk(compressible(Buffer.concat(halves)), 'pieces of different noise');
});

t.test('slow codecs still shrink noise that repeats, and answer 0 for noise that does not', async (t) => {
  const once = noise(30_000, 'repeated');
  const repeated = Buffer.concat(Array.from({ length: 5 }, () => once));
  t.notOk(compressible(repeated), 'its frequencies are those of noise');
  const [zstd] = await zstdProviders();
  const into = new Uint8Array(LENGTH);
  for (const [codec, level] of [
    ['gzip', 6],
    ['zstd', 19],
    ['zstd', 3],
  ] as const) {
    const compressor = compressorOn(zstd!, codec, level);
    const length = compressor.compress(repeated, into);
    t.ok(length > 0 && length < 70_000, `${codec} ${level}: ${repeated.length} to ${length}`);
    t.equal(compressor.compress(noise(LENGTH, 'noise'), into), 0);
  }
});
