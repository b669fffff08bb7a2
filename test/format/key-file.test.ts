import t from 'tap';
import { isBitacoraError, toHex, utf8 } from '../../src/base/index.js';
import { decodeKeyFile, encodeKeyFile } from '../../src/format/index.js';
import { codeOf, fixedBytes } from './samples.js';

const FILE = { vaultId: fixedBytes(16, 'vault'), masterKey: fixedBytes(32, 'master') };
const TEXT = Buffer.from(encodeKeyFile(FILE)).toString();
const LINE = TEXT.trimEnd().split('\n').at(-1)!;

function decode(text: string): ReturnType<typeof decodeKeyFile> {
  return decodeKeyFile(utf8(text), '/keys/k');
}

t.test('a key file explains itself in comments and gives the key back', (t) => {
  t.match(TEXT, /Without it nothing can be restored/);
  t.match(TEXT, /offline/);
  t.match(LINE, new RegExp(`^bitacora-master-key 0 ${toHex(FILE.vaultId)} ${toHex(FILE.masterKey)} [0-9a-f]{8}$`));
  const { vaultId, masterKey } = decode(TEXT);
  t.equal(toHex(vaultId), toHex(FILE.vaultId));
  t.equal(toHex(masterKey), toHex(FILE.masterKey));
  t.end();
});

t.test('a key file may be copied by hand: without comments, with other line ends', (t) => {
  for (const text of [LINE, `\r\n# mine\r\n  ${LINE}  \r\n\r\n`, `# a\n#b\n${LINE}\n`]) {
    t.equal(toHex(decode(text).masterKey), toHex(FILE.masterKey));
  }
  t.end();
});

t.test('decodeKeyFile() notices every changed character of the line', (t) => {
  for (let at = 0; at < LINE.length; at++) {
    for (const character of ['0', 'f', ' ', 'x']) {
      if (LINE[at] === character) continue;
      const code = codeOf(() => decode(`${LINE.slice(0, at)}${character}${LINE.slice(at + 1)}`));
      if (code !== 'KEY_MALFORMED') t.fail(`character ${at} may be "${character}": ${code}`);
    }
  }
  t.pass(`${LINE.length} characters`);
  t.end();
});

t.test('decodeKeyFile() refuses what is no key file', (t) => {
  for (const text of ['', '# only a comment\n', `${LINE}\n${LINE}\n`, LINE.slice(0, 60), LINE.toUpperCase()]) {
    t.equal(
      codeOf(() => decode(text)),
      'KEY_MALFORMED',
      JSON.stringify(text.slice(0, 20)),
    );
  }
  t.equal(
    codeOf(() => decodeKeyFile(Uint8Array.of(0xff), 'k')),
    'KEY_MALFORMED',
  );
  t.equal(
    codeOf(() => decode('#'.repeat(70_000))),
    'KEY_MALFORMED',
  );
  t.equal(
    codeOf(() => decode(LINE.replace('key 0', 'key 1'))),
    'FORMAT_NEWER',
  );
  t.end();
});

t.test('errors about a key file never quote it', (t) => {
  const secret = toHex(FILE.masterKey);
  for (const text of [`${LINE}0`, `${LINE} x`, `${LINE}\n${LINE}`, LINE.replace(/.$/, 'x')]) {
    try {
      decode(text);
      t.fail('accepted');
    } catch (error) {
      if (!isBitacoraError(error)) throw error;
      t.notOk(JSON.stringify([error.message, error.details, String(error.cause)]).includes(secret.slice(0, 16)));
      t.match(error.message, '/keys/k');
    }
  }
  t.end();
});
