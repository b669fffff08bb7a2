import t from 'tap';
import { concatBytes, fromHex, toHex } from '../../src/base/index.js';
import { SectionCipher } from '../../src/crypto/section.js';
import { referenceGcm } from '../reference/gcm.js';
import { fixedBytes, flipped } from './samples.js';

const KEY = fixedBytes(32, 'section key');
const BOUND = fixedBytes(48, 'bound');

function numbered(prefixBytes: number, number: number): Uint8Array {
  const out = Buffer.alloc(prefixBytes + 8);
  out.writeBigUInt64BE(BigInt(number), prefixBytes);
  return out;
}

function cipherOf(key = KEY, bound = BOUND): SectionCipher {
  return new SectionCipher(Uint8Array.from(key), bound);
}

function sealed(number: number, plain: Uint8Array, cipher = cipherOf()): Uint8Array {
  const into = new Uint8Array(plain.length + 16);
  cipher.seal(number, plain, into, 0);
  return into;
}

t.test('the reference gives the AES-256-GCM test cases of the specification', (t) => {
  const zero = new Uint8Array(0);
  const key = fromHex('feffe9928665731c6d6a8f9467308308'.repeat(2));
  const nonce = fromHex('cafebabefacedbaddecaf888');
  const plain = fromHex(
    'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72' +
      '1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255',
  );
  const ciphertext =
    '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa' +
    '8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad';
  const at = (bytes: Uint8Array, aad: Uint8Array) => toHex(referenceGcm(key, nonce, aad, bytes));
  const none = new Uint8Array(32);
  t.equal(toHex(referenceGcm(none, new Uint8Array(12), zero, zero)), '530f8afbc74536b9a963b4f1c4cb738b');
  t.equal(
    toHex(referenceGcm(none, new Uint8Array(12), zero, new Uint8Array(16))),
    'cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919',
  );
  t.equal(at(plain, zero), `${ciphertext}b094dac5d93471bdec1a502270e3cc6c`);
  t.equal(
    at(plain.subarray(0, 60), fromHex('feedfacedeadbeeffeedfacedeadbeefabaddad2')),
    `${ciphertext.slice(0, 120)}76fc6ece0f4e1768cddf8853bb2d551b`,
  );
  t.end();
});

t.test('seal() is AES-256-GCM with the number as nonce and the bound bytes and number as AAD', (t) => {
  for (const number of [0, 1, 255, 65536, 2 ** 32 - 1]) {
    for (const length of [0, 1, 15, 16, 17, 1000]) {
      const plain = fixedBytes(length, 'plain');
      const aad = concatBytes([BOUND, numbered(0, number)]);
      t.same(sealed(number, plain), Uint8Array.from(referenceGcm(KEY, numbered(4, number), aad, plain)));
    }
  }
  t.end();
});

t.test('seal() in pieces gives the bytes of one piece', (t) => {
  for (const length of [32767, 32768, 32769, 65536, 100_000]) {
    const plain = fixedBytes(length, 'long');
    const aad = concatBytes([BOUND, numbered(0, 9)]);
    const box = sealed(9, plain);
    t.same(box, Uint8Array.from(referenceGcm(KEY, numbered(4, 9), aad, plain)));
    t.equal(toHex(concatBytes(cipherOf().open(9, box)!)), toHex(plain));
  }
  t.end();
});

t.test('open() refuses a changed, shortened or lengthened section', (t) => {
  const box = sealed(5, fixedBytes(100, 'plain'));
  const cipher = cipherOf();
  t.ok(cipher.open(5, box));
  for (let bit = 0; bit < box.length * 8; bit++) {
    if (cipher.open(5, flipped(box, bit >> 3, 1 << (bit & 7)))) t.fail(`bit ${bit} may be flipped`);
  }
  for (let length = 0; length < box.length; length++) {
    if (cipher.open(5, box.subarray(0, length))) t.fail(`may be cut to ${length} bytes`);
  }
  t.notOk(cipher.open(5, concatBytes([box, new Uint8Array(1)])));
  t.end();
});

t.test('open() refuses tags of 4, 8 and 12 bytes and tags of zeros', (t) => {
  const empty = sealed(5, new Uint8Array(0));
  for (const length of [4, 8, 12]) t.notOk(cipherOf().open(5, empty.subarray(0, length)));
  const box = sealed(5, fixedBytes(100, 'plain'));
  for (const length of [4, 8, 12]) {
    t.notOk(cipherOf().open(5, box.subarray(0, 100 + length)));
    const cut = Uint8Array.from(box).fill(0, 100 + length);
    t.notOk(cipherOf().open(5, cut), `a tag of ${length} bytes and zeros`);
  }
  t.notOk(cipherOf().open(5, Uint8Array.from(box).fill(0, 100)));
  t.end();
});

t.test('open() refuses another number, key, and each changed byte of what the tag binds', (t) => {
  const box = sealed(5, fixedBytes(100, 'plain'));
  t.notOk(cipherOf().open(4, box));
  t.notOk(cipherOf(flipped(KEY, 31)).open(5, box));
  for (let at = 0; at < BOUND.length; at++) t.notOk(cipherOf(KEY, flipped(BOUND, at)).open(5, box), `byte ${at}`);
  t.end();
});
