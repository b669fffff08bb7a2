import t from 'tap';
import { systemRandom, toHex } from '../../src/base/index.js';
import { createSealer, HEADER_BYTES, openSimple, padme, sealSimple, sha256 } from '../../src/crypto/index.js';
import { CONTEXT, EXPECTED, fixedBytes, fixedRandom, flipped, refusal, TYPE_KEY } from './samples.js';

/** An object whose only section has this plaintext, whatever its padding. */
function sealRaw(plain: Uint8Array): Uint8Array {
  const sealer = createSealer(TYPE_KEY, CONTEXT, systemRandom);
  const out = new Uint8Array(HEADER_BYTES + plain.length + 16);
  out.set(sealer.header);
  sealer.seal(0, plain, out, HEADER_BYTES);
  return out;
}

t.test('openSimple() gives back what sealSimple() took, in a padded length', (t) => {
  for (const length of [0, 1, 507, 508, 509, 4092, 4093, 100_000]) {
    const body = fixedBytes(length, 'body');
    const bytes = sealSimple(TYPE_KEY, CONTEXT, body, systemRandom);
    t.equal(bytes.length, 96 + padme(Math.max(512, 4 + length)), `${length} bytes`);
    t.equal(toHex(openSimple(TYPE_KEY, bytes, EXPECTED)), toHex(body));
  }
  t.end();
});

t.test('sealSimple() writes the frozen bytes of format 0', (t) => {
  const bytes = sealSimple(TYPE_KEY, CONTEXT, fixedBytes(1000, 'body'), fixedRandom('frozen'));
  t.equal(toHex(sha256(bytes)), '0f48737a40b9dc6199ef5d5a2940fa2bce1ea425bb79026aec313d3484ca349d');
  t.end();
});

t.test('sealSimple() never gives the same bytes twice', (t) => {
  const body = fixedBytes(10, 'body');
  const seal = () => toHex(sealSimple(TYPE_KEY, CONTEXT, body, systemRandom));
  t.not(seal(), seal());
  t.end();
});

t.test('openSimple() refuses every flipped bit and every cut', (t) => {
  const bytes = sealSimple(TYPE_KEY, CONTEXT, fixedBytes(100, 'body'), systemRandom);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const code = refusal(() => openSimple(TYPE_KEY, flipped(bytes, bit >> 3, 1 << (bit & 7)), EXPECTED));
    const inFormat = bit >> 3 === 4;
    if (inFormat ? code !== 'FORMAT_NEWER' : !code.startsWith('DATA_CORRUPT')) t.fail(`bit ${bit}: ${code}`);
  }
  for (let length = 0; length < bytes.length; length++) {
    const code = refusal(() => openSimple(TYPE_KEY, bytes.subarray(0, length), EXPECTED));
    if (!code.startsWith('DATA_CORRUPT')) t.fail(`cut to ${length}: ${code}`);
  }
  t.pass(`${bytes.length * 8} bits and ${bytes.length} cuts`);
  t.end();
});

t.test('openSimple() refuses a short section, a body beyond it, and padding that is not zero', (t) => {
  const plain = Buffer.alloc(512);
  plain.writeUInt32BE(508, 0);
  t.equal(
    refusal(() => openSimple(TYPE_KEY, sealRaw(plain), EXPECTED)),
    'accepted',
  );
  plain.writeUInt32BE(509, 0);
  t.equal(
    refusal(() => openSimple(TYPE_KEY, sealRaw(plain), EXPECTED)),
    'DATA_CORRUPT padding',
  );
  plain.writeUInt32BE(0xffffffff, 0);
  t.equal(
    refusal(() => openSimple(TYPE_KEY, sealRaw(plain), EXPECTED)),
    'DATA_CORRUPT padding',
  );
  plain.writeUInt32BE(100, 0);
  plain[511] = 1;
  t.equal(
    refusal(() => openSimple(TYPE_KEY, sealRaw(plain), EXPECTED)),
    'DATA_CORRUPT padding',
  );
  for (const length of [0, 3, 4, 511]) {
    t.equal(
      refusal(() => openSimple(TYPE_KEY, sealRaw(new Uint8Array(length)), EXPECTED)),
      'DATA_CORRUPT padding',
    );
  }
  t.end();
});
