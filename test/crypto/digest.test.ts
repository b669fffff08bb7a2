import t from 'tap';
import { fromHex, toHex, utf8 } from '../../src/base/index.js';
import { hmacSha256, sameBytes, sha256 } from '../../src/crypto/index.js';

t.test('sha256() gives the digests of FIPS 180-2', (t) => {
  t.equal(toHex(sha256(utf8('abc'))), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  t.equal(toHex(sha256(new Uint8Array(0))), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  t.end();
});

t.test('hmacSha256() gives the codes of RFC 4231', (t) => {
  const filled = (byte: number, length: number) => new Uint8Array(length).fill(byte);
  const rising = Uint8Array.from({ length: 25 }, (_, i) => i + 1);
  const cases: [Uint8Array, Uint8Array, string][] = [
    [filled(0x0b, 20), utf8('Hi There'), 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
    [
      utf8('Jefe'),
      utf8('what do ya want for nothing?'),
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    ],
    [filled(0xaa, 20), filled(0xdd, 50), '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe'],
    [rising, filled(0xcd, 50), '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b'],
    [
      filled(0xaa, 131),
      utf8('Test Using Larger Than Block-Size Key - Hash Key First'),
      '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    ],
    [
      filled(0xaa, 131),
      utf8(
        'This is a test using a larger than block-size key and a larger than block-size data. ' +
          'The key needs to be hashed before being used by the HMAC algorithm.',
      ),
      '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
    ],
  ];
  for (const [key, data, code] of cases) t.equal(toHex(hmacSha256(key, data)), code);
  t.end();
});

t.test('sameBytes() tells apart values and lengths', (t) => {
  t.ok(sameBytes(fromHex('00ff'), fromHex('00ff')));
  t.notOk(sameBytes(fromHex('00ff'), fromHex('00fe')));
  t.notOk(sameBytes(fromHex('00ff'), fromHex('00ff00')));
  t.end();
});
