import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { BitacoraError, errnoCode, utf8 } from '../base/index.js';
import { tryLock } from '../posix/index.js';

/** A vault's exclusive lock, held by the kernel for as long as this process lives or until `release`. */
export interface VaultLock {
  release(): void;
}

/** The vault may be read but not written: locking it is neither possible nor needed. */
export const UNWRITABLE = 'unwritable';

const READ_ONLY = new Set(['EROFS', 'EACCES', 'EPERM']);

/**
 * Takes the lock of the vault in `directory`. The file says who holds it, for people; only the kernel's lock decides, so
 * that no crash leaves it taken. Where the system has no such lock, the index's own keeps a second process out.
 *
 * @throws {BitacoraError} `VAULT_BUSY` with `retryable`.
 */
export function lockVault(directory: string): VaultLock | typeof UNWRITABLE {
  const path = join(directory, 'lock');
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  } catch (error) {
    if (READ_ONLY.has(errnoCode(error) ?? '')) return UNWRITABLE;
    throw new BitacoraError('BACKEND_FAILED', `Cannot open the lock file "${path}".`, { cause: error });
  }
  try {
    if (tryLock(fd) === 'busy') throw busy(directory, fd);
    ftruncateSync(fd);
    writeSync(fd, utf8(`${process.pid}\n`), 0, undefined, 0);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return { release: () => closeSync(fd) };
}

function busy(directory: string, fd: number): BitacoraError {
  const holder = new Uint8Array(Math.min(256, fstatSync(fd).size));
  readSync(fd, holder, 0, holder.length, 0);
  const pid = /^\d+/.exec(Buffer.from(holder).toString('latin1'))?.[0];
  return new BitacoraError(
    'VAULT_BUSY',
    `The vault "${directory}" is in use${pid ? ` by process ${pid}` : ''}. Wait until it is done and try again.`,
    { retryable: true, details: pid ? { directory, pid: Number(pid) } : { directory } },
  );
}
