import { fchmodSync, fchownSync } from 'node:fs';
import { constants } from 'node:os';
import { chmodThroughProc } from '../chmod-through-proc.js';
import { AT_REMOVEDIR, AT_SYMLINK_NOFOLLOW } from '../constants.js';
import { systemError } from '../errors.js';
import { packDevice } from '../file-stat.js';
import { pathBuffer, terminateBytes, terminateName } from '../names.js';
import { renameWithoutReplacing } from '../rename-without-replacing.js';
import type { SystemCalls } from '../system-calls.js';
import { bind, checked, inBackground, type LibcFunction, lastErrno } from './libc.js';
import { nativeOpening } from './opening.js';
import { nativeReading } from './reading.js';

const path = pathBuffer();
const otherPath = pathBuffer();
const bound = new Map<string, LibcFunction>();

function libc(prototype: string): LibcFunction {
  let found = bound.get(prototype);
  if (found === undefined) {
    found = bind(prototype);
    bound.set(prototype, found);
  }
  return found;
}

export const nativeChanging = {
  setTimesFd(fd, sec, nsec) {
    checked(libc('int futimens(int, const void*)')(fd, timesOf(sec, nsec)), 'futimens');
  },

  setTimesAt(dirfd, name, sec, nsec) {
    terminateName(name, path, 'utimensat');
    const utimensat = libc('int utimensat(int, const void*, const void*, int)');
    checked(utimensat(dirfd, path, timesOf(sec, nsec), AT_SYMLINK_NOFOLLOW), 'utimensat', name);
  },

  // Node has these two as they are needed.
  chownFd: (fd, uid, gid) => fchownSync(fd, uid, gid),
  chmodFd: (fd, mode) => fchmodSync(fd, mode),

  chownAt(dirfd, name, uid, gid) {
    terminateName(name, path, 'fchownat');
    const fchownat = libc('int fchownat(int, const void*, uint, uint, int)');
    checked(fchownat(dirfd, path, uid >>> 0, gid >>> 0, AT_SYMLINK_NOFOLLOW), 'fchownat', name);
  },

  chmodAt: (dirfd, name, mode) => chmodThroughProc(nativeOpening, nativeReading, dirfd, name, mode),

  mkdirAt(dirfd, name, mode) {
    terminateName(name, path, 'mkdirat');
    checked(libc('int mkdirat(int, const void*, uint)')(dirfd, path, mode), 'mkdirat', name);
  },

  symlinkAt(target, dirfd, name) {
    terminateName(name, path, 'symlinkat');
    terminateBytes(target, otherPath, 'symlinkat');
    checked(libc('int symlinkat(const void*, int, const void*)')(otherPath, dirfd, path), 'symlinkat', name);
  },

  linkAt(fromDirfd, from, toDirfd, to) {
    twoNames(from, to, 'linkat');
    const linkat = libc('int linkat(int, const void*, int, const void*, int)');
    checked(linkat(fromDirfd, path, toDirfd, otherPath, 0), 'linkat', to);
  },

  renameAt(fromDirfd, from, toDirfd, to) {
    twoNames(from, to, 'renameat');
    const renameat = libc('int renameat(int, const void*, int, const void*)');
    checked(renameat(fromDirfd, path, toDirfd, otherPath), 'renameat', to);
  },

  renameNoReplaceAt(fromDirfd, from, toDirfd, to) {
    twoNames(from, to, 'renameat2');
    const renameat2 = libc('int renameat2(int, const void*, int, const void*, uint)');
    if (renameat2(fromDirfd, path, toDirfd, otherPath, RENAME_NOREPLACE) >= 0) return;
    const errno = lastErrno();
    // Some file systems know no flags.
    if (errno !== constants.errno.EINVAL && errno !== constants.errno.ENOSYS) throw systemError(errno, 'renameat2', to);
    renameWithoutReplacing({ ...nativeReading, ...nativeChanging }, fromDirfd, from, toDirfd, to);
  },

  unlinkAt(dirfd, name) {
    terminateName(name, path, 'unlinkat');
    checked(libc('int unlinkat(int, const void*, int)')(dirfd, path, 0), 'unlinkat', name);
  },

  rmdirAt(dirfd, name) {
    terminateName(name, path, 'unlinkat');
    checked(libc('int unlinkat(int, const void*, int)')(dirfd, path, AT_REMOVEDIR), 'unlinkat', name);
  },

  mknodAt(dirfd, name, mode, major, minor) {
    terminateName(name, path, 'mknodat');
    const mknodat = libc('int mknodat(int, const void*, uint, ulong)');
    checked(mknodat(dirfd, path, mode, packDevice(major, minor)), 'mknodat', name);
  },

  async syncFileSystem(fd) {
    // Waits for the disk, for seconds perhaps.
    if ((await inBackground(libc('int syncfs(int)'), fd)) < 0) throw systemError(constants.errno.EIO, 'syncfs');
  },

  tryLock(fd) {
    if (libc('int flock(int, int)')(fd, LOCK_EX | LOCK_NB) >= 0) return 'locked';
    const errno = lastErrno();
    if (errno === constants.errno.EWOULDBLOCK) return 'busy';
    const unsupported = errno === constants.errno.ENOTSUP || errno === constants.errno.ENOLCK;
    if (unsupported || errno === constants.errno.ENOSYS) return 'unsupported';
    throw systemError(errno, 'flock');
  },
} satisfies Partial<SystemCalls>;

const RENAME_NOREPLACE = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;

function twoNames(from: Uint8Array, to: Uint8Array, syscall: string): void {
  terminateName(from, path, syscall);
  terminateName(to, otherPath, syscall);
}

/** The `nsec` of a `struct timespec` that leaves the time as it is. */
const UTIME_OMIT = 0x3fff_fffen;

/** Two `struct timespec`: last access, left alone, and last modification. */
const times = new BigInt64Array([0n, UTIME_OMIT, 0n, 0n]);
const timesBytes = new Uint8Array(times.buffer);

function timesOf(sec: number, nsec: number): Uint8Array {
  times[2] = BigInt(sec);
  times[3] = BigInt(nsec);
  return timesBytes;
}
