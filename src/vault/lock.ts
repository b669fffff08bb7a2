import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { BitacoraError, errnoCode, utf8, writeError } from '../base/index.js';
import { tryLock } from '../posix/index.js';

/** A vault's exclusive lock, held by the kernel for as long as this process lives or until `release`. */
export interface VaultLock {
  release(): void;
}

/** The vault may be read but not written: locking it is neither possible nor needed. */
export const UNWRITABLE = 'unwritable';

/** Without room for even an empty file, nothing can be written, and so nothing needs to be locked. */
const READ_ONLY = new Set(['EROFS', 'EACCES', 'EPERM', 'ENOSPC', 'EDQUOT']);

/** Longest that the file is read: a process number and the path of a socket. */
const HOLDER_BYTES_MAX = 512;

/**
 * Takes the lock of the vault in `directory`. The file says who holds it (docs/format.md §1), for people and for those who
 * ask the holder instead; only the kernel's lock decides, so that no crash leaves it taken. Where the system has no such
 * lock, the index's own keeps a second process out.
 *
 * @param socket - Path of the socket where the holder answers for the vault.
 * @throws {BitacoraError} `VAULT_BUSY` with `retryable`; its details carry `pid` and `socket` as far as the holder told them.
 *   `NO_SPACE` or `BACKEND_FAILED` where a socket cannot be told.
 */
export function lockVault(directory: string, socket?: string): VaultLock | typeof UNWRITABLE {
  if (socket?.includes('\n')) throw new TypeError('The path of a socket holds no line break.');
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
    const failure = tellHolder(fd, socket);
    // A daemon that nobody finds would only keep everybody else out.
    if (failure && socket !== undefined) throw writeError(failure, `the lock file "${path}"`);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return { release: () => closeSync(fd) };
}

/** On a full disk the lock holds all the same, and no earlier holder must be named then. Returns why nothing was told. */
function tellHolder(fd: number, socket = ''): Error | undefined {
  const text = utf8(`${process.pid}\n${socket}\n`);
  let length = 0;
  let failure: Error | undefined;
  try {
    // Over what is there, and shortened afterwards: who reads in between sees two whole lines.
    if (writeSync(fd, text, 0, undefined, 0) === text.length) length = text.length;
    else failure = new Error('it was written in part');
  } catch (error) {
    failure = error as Error;
  }
  try {
    ftruncateSync(fd, length);
  } catch {}
  return failure;
}

/** Who last took a vault's lock, as far as they told. */
export interface VaultHolder {
  readonly pid?: number;
  /** Where a daemon answers for the vault. */
  readonly socket?: string;
}

/**
 * What the lock file of the vault in `directory` says. Whether the lock is still held it does not tell: ask at the socket, or
 * take the lock. Undefined where there is no file, or none that may be read.
 */
export function vaultHolder(directory: string): VaultHolder | undefined {
  let fd: number;
  try {
    fd = openSync(join(directory, 'lock'), constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch {
    return undefined;
  }
  try {
    return readHolder(fd);
  } finally {
    closeSync(fd);
  }
}

function readHolder(fd: number): VaultHolder {
  const holder = new Uint8Array(Math.min(HOLDER_BYTES_MAX, fstatSync(fd).size));
  const read = readSync(fd, holder, 0, holder.length, 0);
  const [, pid, socket] = /^(\d+)\n(?:([^\n]+)\n)?/.exec(Buffer.from(holder.subarray(0, read)).toString()) ?? [];
  return { ...(pid && { pid: Number(pid) }), ...(socket && { socket }) };
}

function busy(directory: string, fd: number): BitacoraError {
  const holder = readHolder(fd);
  const { pid } = holder;
  return new BitacoraError(
    'VAULT_BUSY',
    `The vault "${directory}" is in use${pid === undefined ? '' : ` by process ${pid}`}. Wait until it is done and try again.`,
    { retryable: true, details: { directory, ...holder } },
  );
}
