import { hash } from 'node:crypto';
import { BitacoraError, decodeUtf8, fromHex, toHex, utf8 } from '../base/index.js';

/** Larger than any master key file. */
export const KEY_FILE_BYTES_MAX = 64 * 1024;

export interface MasterKeyFile {
  /** 16 bytes. */
  readonly vaultId: Uint8Array;
  /** 32 bytes, secret. */
  readonly masterKey: Uint8Array;
}

const TAG = 'bitacora-master-key';
const LINE = /^bitacora-master-key 0 ([0-9a-f]{32}) ([0-9a-f]{64}) ([0-9a-f]{8})$/;

/** Four bytes of hash catch a mistyped copy; they are no secret and protect nothing else. */
function checkDigits(text: string): string {
  return hash('sha256', text, 'hex').slice(0, 8);
}

/** The text of a master key file, docs/format.md §4, with what its keeper has to know. */
export function encodeKeyFile(file: MasterKeyFile): Uint8Array {
  if (file.vaultId.length !== 16 || file.masterKey.length !== 32)
    throw new TypeError('Not a vault id of 16 bytes and a key of 32.');
  const vaultId = toHex(file.vaultId);
  const line = `${TAG} 0 ${vaultId} ${toHex(file.masterKey)}`;
  return utf8(`# Master key of the bitacora vault ${vaultId}.
#
# Every backup in that vault is sealed under this key. Without it nothing can be restored, by anybody.
# Keep a copy off this machine and offline: on paper or on a medium in a safe place. The last
# eight digits let the program notice a mistyped copy.
# Whoever has this key and the vault can read everything. Keep the file mode at 0600 and never
# store it inside the vault or next to its copies.

${line} ${checkDigits(line)}
`);
}

function malformed(file: string, problem: string): BitacoraError {
  return new BitacoraError(
    'KEY_MALFORMED',
    `Cannot read the master key file ${file}: ${problem}. Restore it from the copy that was made when the vault was created.`,
    { details: { file } },
  );
}

/** The one line that is no comment. Its text may be a secret and never goes into an error. */
function keyLine(text: string, file: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (lines.length !== 1) throw malformed(file, `it has ${lines.length} lines besides comments, expected one`);
  return lines[0]!;
}

/**
 * Reads a master key file; `file` names it in errors, which never quote its content.
 *
 * @throws {BitacoraError} `KEY_MALFORMED`; `FORMAT_NEWER` for a key file of a later format.
 */
export function decodeKeyFile(bytes: Uint8Array, file: string): MasterKeyFile {
  if (bytes.length > KEY_FILE_BYTES_MAX) throw malformed(file, `it has ${bytes.length} bytes`);
  const text = decodeUtf8(bytes);
  if (text === undefined) throw malformed(file, 'it is not text in UTF-8');
  const line = keyLine(text, file);
  const version = /^bitacora-master-key ([1-9][0-9]{0,8}) /.exec(line)?.[1];
  if (version !== undefined) {
    throw new BitacoraError('FORMAT_NEWER', `The master key file ${file} has format ${version}. Upgrade bitacora.`, {
      details: { file },
    });
  }
  const match = LINE.exec(line);
  if (!match) throw malformed(file, `its line is not "${TAG} 0", a vault id, a key and check digits`);
  if (checkDigits(line.slice(0, line.lastIndexOf(' '))) !== match[3]) {
    throw malformed(file, 'its check digits do not match, so it was mistyped or damaged');
  }
  return { vaultId: fromHex(match[1]!), masterKey: fromHex(match[2]!) };
}
