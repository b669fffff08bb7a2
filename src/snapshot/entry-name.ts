import { BitacoraError, printable } from '../base/index.js';

const SLASH = 0x2f;
const DOT = 0x2e;

/**
 * Refuses what is not the name of one directory entry: empty, '.', '..', with '/' or NUL. Sealed trees hold such names
 * only when somebody with the user's key put them there to lead a restore astray.
 *
 * @throws {BitacoraError} `DATA_CORRUPT` with `details.reason` "hostile".
 */
export function checkEntryName(name: Uint8Array): void {
  const { length } = name;
  const dots = length > 0 && name[0] === DOT && (length === 1 || (length === 2 && name[1] === DOT));
  if (length > 0 && !dots && name.indexOf(SLASH) < 0 && name.indexOf(0) < 0) return;
  throw new BitacoraError('DATA_CORRUPT', `A directory of the snapshot holds the name "${printable(name)}".`, {
    details: { reason: 'hostile' },
  });
}
