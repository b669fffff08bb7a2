import t from 'tap';
import { expandKey, isWeak } from '../../src/chunking/key.js';
import { secretOf } from './streams.js';

const STRONG = expandKey(secretOf(1));

function changed(at: number, value: number): Uint8Array {
  const key = STRONG.slice();
  key[at] = value;
  return key;
}

t.test('expandKey() never gives a weak key', (t) => {
  for (let seed = 0; seed < 100; seed++) t.notOk(isWeak(expandKey(secretOf(seed))));
  t.end();
});

t.test('expandKey() leaves the secret as it was and wants 32 bytes', (t) => {
  const secret = secretOf(2);
  expandKey(secret);
  t.same(secret, secretOf(2));
  for (const length of [0, 16, 31, 33, 64]) t.throws(() => expandKey(new Uint8Array(length)), TypeError);
  t.end();
});

t.test('isWeak() finds a byte whose g is zero', (t) => {
  const g = (byte: number) => (STRONG[byte & 15]! + STRONG[16 + (byte >> 4)]!) & 0xff;
  t.notOk(Array.from({ length: 256 }, (_, byte) => g(byte)).includes(0));
  t.ok(isWeak(changed(3, 256 - STRONG[16 + 5]!)), 'byte 0x53');
  t.end();
});

t.test('isWeak() finds equal entries and such that are 128 apart', (t) => {
  for (const half of [0, 16]) {
    t.ok(isWeak(changed(half, STRONG[half + 9]!)));
    t.ok(isWeak(changed(half, STRONG[half + 9]! ^ 0x80)));
  }
  t.end();
});

t.test('isWeak() finds entries that are nearly all even or odd', (t) => {
  const even = Uint8Array.from({ length: 64 }, (_, i) => 2 * i);
  t.ok(isWeak(even));
  t.ok(isWeak(even.map((entry) => entry + 1)));
  const threeOdd = Uint8Array.from({ length: 64 }, (_, i) => (i < 16 ? 2 * i + (i < 3 ? 1 : 0) : 3 * i + 1));
  t.ok(isWeak(threeOdd));
  t.notOk(isWeak(threeOdd.map((entry, i) => (i === 3 ? entry + 1 : entry))), 'four odd ones are enough');
  t.end();
});
