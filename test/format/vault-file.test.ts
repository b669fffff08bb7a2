import t from 'tap';
import { toHex, utf8 } from '../../src/base/index.js';
import { decodeVaultFile, encodeVaultFile, vaultMacText } from '../../src/format/index.js';
import { codeOf, fixedBytes } from './samples.js';

const FILE = { format: 0, vaultId: fixedBytes(16, 'vault'), created: 1_700_000_000_000, mac: fixedBytes(32, 'mac') };
const ID = toHex(FILE.vaultId);
const MAC = toHex(FILE.mac);

function withMembers(changes: Record<string, unknown>): Uint8Array {
  const members = { bitacora: 'vault', format: 0, vault_id: ID, created: 5, mac: MAC, ...changes };
  return utf8(JSON.stringify(members));
}

t.test('vault.json is one JSON object that comes back', (t) => {
  const bytes = encodeVaultFile(FILE);
  t.equal(
    Buffer.from(bytes).toString(),
    `{"bitacora":"vault","format":0,"vault_id":"${ID}","created":1700000000000,"mac":"${MAC}"}\n`,
  );
  const file = decodeVaultFile(bytes);
  t.match(file, { format: 0, created: FILE.created });
  t.equal(toHex(file.vaultId), ID);
  t.equal(toHex(file.mac), MAC);
  t.end();
});

t.test('vaultMacText() covers format, id and time', (t) => {
  t.equal(toHex(vaultMacText(FILE)), `${toHex(utf8('bitacora/0/vault'))}00000000${ID}0000018bcfe56800`);
  t.end();
});

t.test('decodeVaultFile() names a newer format before it looks at anything else', (t) => {
  t.equal(
    codeOf(() => decodeVaultFile(withMembers({ format: 1, extra: true, mac: 7 }))),
    'FORMAT_NEWER',
  );
  t.throws(() => decodeVaultFile(withMembers({ format: 1 })), { message: /Upgrade/ });
  t.end();
});

t.test('decodeVaultFile() refuses members that are wrong, missing or unknown', (t) => {
  t.equal(
    codeOf(() => decodeVaultFile(withMembers({}))),
    undefined,
  );
  const cases: [string, Record<string, unknown>][] = [
    ['another program', { bitacora: 'user' }],
    ['format as text', { format: '0' }],
    ['a negative format', { format: -1 }],
    ['no format', { format: undefined }],
    ['a fraction of a millisecond', { created: 5.5 }],
    ['a short id', { vault_id: ID.slice(2) }],
    ['upper-case hex', { mac: MAC.toUpperCase() }],
    ['no MAC', { mac: undefined }],
    ['an unknown member', { note: '' }],
  ];
  for (const [name, changes] of cases)
    t.equal(
      codeOf(() => decodeVaultFile(withMembers(changes))),
      'DATA_CORRUPT',
      name,
    );
  const poisoned = utf8(`{"__proto__":{"format":0},"bitacora":"vault","vault_id":"${ID}","created":5,"mac":"${MAC}"}`);
  t.equal(
    codeOf(() => decodeVaultFile(poisoned)),
    'DATA_CORRUPT',
  );
  for (const text of ['', '[]', 'null', '7', '{', ' '.repeat(5000)]) {
    t.equal(
      codeOf(() => decodeVaultFile(utf8(text))),
      'DATA_CORRUPT',
      JSON.stringify(text.slice(0, 9)),
    );
  }
  t.equal(
    codeOf(() => decodeVaultFile(Uint8Array.of(0xff, 0xfe))),
    'DATA_CORRUPT',
  );
  t.end();
});
