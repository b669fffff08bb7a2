import fc from 'fast-check';
import t from 'tap';
import { padme } from '../../src/crypto/index.js';

/** The definition in whole numbers of any size. */
function referencePadme(length: bigint): bigint {
  if (length < 2n) return length;
  const exponent = BigInt(length.toString(2).length - 1);
  const kept = BigInt(exponent.toString(2).length);
  const step = 1n << (exponent - kept > 0n ? exponent - kept : 0n);
  return ((length + step - 1n) / step) * step;
}

t.test('padme() gives the lengths of the definition', (t) => {
  const table: [number, number][] = [
    [0, 0],
    [1, 1],
    [2, 2],
    [7, 7],
    [8, 8],
    [9, 10],
    [100, 104],
    [512, 512],
    [513, 544],
    [1000, 1024],
    [4096, 4096],
    [4097, 4352],
    [1_000_000, 1_015_808],
    [2 ** 25, 2 ** 25],
    [2 ** 25 + 1, 2 ** 25 + 2 ** 20],
    [2 ** 48 - 1, 2 ** 48],
  ];
  for (const [length, padded] of table) t.equal(padme(length), padded, `padme(${length})`);
  t.end();
});

t.test('padme() equals the definition, adds at most 12 % and is its own fixed point', (t) => {
  const seed = 20;
  t.comment(`seed ${seed}`);
  const lengths = fc.oneof(
    fc.nat(100_000),
    fc.nat({ max: 2 ** 31 - 1 }),
    fc.maxSafeNat().map((n) => n / 4),
  );
  const property = fc.property(lengths.map(Math.floor), (length) => {
    const padded = padme(length);
    return (
      BigInt(padded) === referencePadme(BigInt(length)) &&
      padded >= length &&
      padded <= length * 1.12 + 1 &&
      padme(padded) === padded
    );
  });
  fc.assert(property, { seed, numRuns: 20_000 });
  t.pass('20,000 lengths');
  t.end();
});

t.test('padme() refuses what is no length', (t) => {
  for (const length of [-1, 1.5, Number.NaN, 2 ** 53]) t.throws(() => padme(length), TypeError);
  t.end();
});
