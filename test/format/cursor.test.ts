import fc from 'fast-check';
import t from 'tap';
import { fromHex, toHex } from '../../src/base/index.js';
import { Cursor, varintBytes, writeVarint } from '../../src/format/index.js';
import { codeOf } from './samples.js';

function varint(hex: string): number {
  const cursor = new Cursor(fromHex(hex), 'a test');
  const value = cursor.varint();
  cursor.end();
  return value;
}

t.test('writeVarint() gives the bytes of unsigned LEB128', (t) => {
  const table: [number, string][] = [
    [0, '00'],
    [1, '01'],
    [127, '7f'],
    [128, '8001'],
    [300, 'ac02'],
    [16383, 'ff7f'],
    [16384, '808001'],
    [2 ** 32, '8080808010'],
    [2 ** 53 - 1, 'ffffffffffffff0f'],
  ];
  for (const [value, hex] of table) {
    const into = new Uint8Array(10);
    t.equal(writeVarint(into, 1, value), 1 + hex.length / 2);
    t.equal(toHex(into.subarray(1, 1 + hex.length / 2)), hex);
    t.equal(varintBytes(value), hex.length / 2);
    t.equal(varint(hex), value);
  }
  for (const value of [-1, 0.5, 2 ** 53, Number.NaN]) {
    t.throws(() => writeVarint(new Uint8Array(10), 0, value), TypeError);
  }
  t.end();
});

t.test('varint() gives back every number that writeVarint() took', (t) => {
  const seed = 11;
  t.comment(`seed ${seed}`);
  const property = fc.property(fc.maxSafeNat(), fc.nat(40), (number, shift) => {
    const value = Math.floor(number / 2 ** shift);
    const into = new Uint8Array(8);
    const end = writeVarint(into, 0, value);
    return end === varintBytes(value) && new Cursor(into, 'a test').varint() === value;
  });
  fc.assert(property, { seed, numRuns: 5000 });
  t.pass('5,000 numbers');
  t.end();
});

t.test('varint() refuses longer forms, numbers from 2^53 and missing bytes', (t) => {
  for (const hex of ['8000', '80808000', 'ffffffffffffff10', 'ffffffffffffff7f', 'ffffffffffffffff01', '80', '']) {
    t.equal(
      codeOf(() => varint(hex)),
      'DATA_CORRUPT',
      hex,
    );
  }
  t.end();
});

t.test('a cursor never reads past the end, and its errors name the object', (t) => {
  const cursor = () => new Cursor(Uint8Array.of(1, 2, 3), 'pack "ab"');
  t.equal(
    codeOf(() => cursor().u32()),
    'DATA_CORRUPT',
  );
  t.equal(
    codeOf(() => cursor().take(4)),
    'DATA_CORRUPT',
  );
  t.equal(
    codeOf(() => cursor().take(Number.NaN)),
    'DATA_CORRUPT',
  );
  t.equal(
    codeOf(() => cursor().end()),
    'DATA_CORRUPT',
  );
  t.equal(
    codeOf(() => cursor().zeros(1)),
    'DATA_CORRUPT',
  );
  t.equal(
    codeOf(() => cursor().varintIn(2, 9, 'it')),
    'DATA_CORRUPT',
  );
  t.throws(() => cursor().take(9), { message: /pack "ab"/, details: { object: 'pack "ab"' } });
  t.equal(cursor().take(3).length, 3);
  t.end();
});

t.test('u53() reads eight bytes below 2^53', (t) => {
  t.equal(new Cursor(fromHex('001fffffffffffff'), 'a test').u53(), 2 ** 53 - 1);
  t.equal(
    codeOf(() => new Cursor(fromHex('0020000000000000'), 'a test').u53()),
    'DATA_CORRUPT',
  );
  t.end();
});
