import t from 'tap';
import { concatBytes, fromHex, toHex, utf8 } from '../../src/base/index.js';
import { hkdf } from '../../src/crypto/hkdf.js';
import { deriveDedup, deriveEncryption, deriveMaster, hmacSha256 } from '../../src/crypto/index.js';
import { fixedBytes } from './samples.js';

const ROOT = fixedBytes(32, 'root');
const VAULT = fixedBytes(16, 'vault');
const UID = fixedBytes(16, 'uid');

/** RFC 5869 for at most 32 bytes, written out. */
function hkdf32(key: Uint8Array, salt: Uint8Array, info: string): string {
  const pseudorandom = hmacSha256(salt.length === 0 ? new Uint8Array(32) : salt, key);
  return toHex(hmacSha256(pseudorandom, concatBytes([utf8(info), Uint8Array.of(1)])));
}

t.test('hkdf() gives the keys of RFC 5869', (t) => {
  const key = fromHex('0b'.repeat(22));
  const basic = hkdf(key, fromHex('000102030405060708090a0b0c'), fromHex('f0f1f2f3f4f5f6f7f8f9'), 42);
  t.equal(toHex(basic), '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865');
  const run = (from: number, length: number) => Uint8Array.from({ length }, (_, i) => from + i);
  t.equal(
    toHex(hkdf(run(0, 80), run(0x60, 80), run(0xb0, 80), 82)),
    'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b83677' +
      '93a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87',
  );
  t.equal(
    toHex(hkdf(key, new Uint8Array(0), '', 42)),
    '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
  );
  t.end();
});

t.test('deriveMaster() follows the table of the format', (t) => {
  const keys = deriveMaster(ROOT, VAULT);
  t.equal(keys.masterId, hkdf32(ROOT, new Uint8Array(0), 'bitacora/0/master-id').slice(0, 16));
  t.equal(toHex(keys.wrapKey), hkdf32(ROOT, VAULT, 'bitacora/0/wrap'));
  t.equal(toHex(keys.registryKey), hkdf32(ROOT, VAULT, 'bitacora/0/registry'));
  t.equal(toHex(keys.registryNameKey), hkdf32(ROOT, VAULT, 'bitacora/0/registry-name'));
  t.equal(toHex(keys.vaultMacKey), hkdf32(ROOT, VAULT, 'bitacora/0/vault-mac'));
  t.equal(toHex(keys.queueKey), hkdf32(ROOT, VAULT, 'bitacora/0/queue'));
  t.end();
});

t.test('deriveDedup() and deriveEncryption() follow the table of the format', (t) => {
  const salt = concatBytes([VAULT, UID]);
  const { idKeys, chunkerSecret } = deriveDedup(ROOT, VAULT, UID);
  const { packKey, logKey } = deriveEncryption(ROOT, VAULT, UID);
  t.equal(toHex(idKeys.data), hkdf32(ROOT, salt, 'bitacora/0/id-data'));
  t.equal(toHex(idKeys.node), hkdf32(ROOT, salt, 'bitacora/0/id-node'));
  t.equal(toHex(idKeys.list), hkdf32(ROOT, salt, 'bitacora/0/id-list'));
  t.equal(toHex(chunkerSecret), hkdf32(ROOT, salt, 'bitacora/0/chunker'));
  t.equal(toHex(packKey), hkdf32(ROOT, salt, 'bitacora/0/pack'));
  t.equal(toHex(logKey), hkdf32(ROOT, salt, 'bitacora/0/log'));
  t.end();
});

t.test('derived keys differ by vault and by user', (t) => {
  const keys = new Set<string>();
  for (const vault of [VAULT, fixedBytes(16, 'other vault')]) {
    for (const uid of [UID, fixedBytes(16, 'other uid')]) keys.add(toHex(deriveEncryption(ROOT, vault, uid).packKey));
  }
  t.equal(keys.size, 4);
  t.not(deriveMaster(ROOT, fixedBytes(16, 'other vault')).wrapKey, deriveMaster(ROOT, VAULT).wrapKey);
  t.end();
});

t.test('derive functions refuse keys and ids of a wrong length', (t) => {
  t.throws(() => deriveMaster(ROOT.subarray(1), VAULT), TypeError);
  t.throws(() => deriveMaster(ROOT, VAULT.subarray(1)), TypeError);
  t.throws(() => deriveDedup(ROOT, VAULT, UID.subarray(1)), TypeError);
  t.throws(() => deriveEncryption(new Uint8Array(33), VAULT, UID), TypeError);
  t.end();
});
