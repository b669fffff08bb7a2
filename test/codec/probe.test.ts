import t from 'tap';
import { compressible } from '../../src/codec/index.js';
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
