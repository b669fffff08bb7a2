import { calls } from './calls.js';
import type { LockOutcome } from './system-calls.js';

/** Sets one extended attribute. `ENOTSUP` where the file system or this machine's program cannot. */
export function setXattrFd(fd: number, attribute: Uint8Array, value: Uint8Array): void {
  calls().setXattrFd(fd, attribute, value);
}

export function setXattrAt(dirfd: number, name: Uint8Array, attribute: Uint8Array, value: Uint8Array): void {
  calls().setXattrAt(dirfd, name, attribute, value);
}

export function removeXattrFd(fd: number, attribute: Uint8Array): void {
  calls().removeXattrFd(fd, attribute);
}

export function removeXattrAt(dirfd: number, name: Uint8Array, attribute: Uint8Array): void {
  calls().removeXattrAt(dirfd, name, attribute);
}

/**
 * Sets the time of the last modification; the last access stays (without native calls it becomes the same).
 * `sec` may be negative, `nsec` is 0 … 999,999,999. A file system clamps what it cannot store.
 */
export function setTimesFd(fd: number, sec: number, nsec: number): void {
  calls().setTimesFd(fd, sec, nsec);
}

/** The same for an entry, a symbolic link itself included. */
export function setTimesAt(dirfd: number, name: Uint8Array, sec: number, nsec: number): void {
  calls().setTimesAt(dirfd, name, sec, nsec);
}

/** Gives an open file away. Clears set-user-id bits and file capabilities: change owner before mode and attributes. */
export function chownFd(fd: number, uid: number, gid: number): void {
  calls().chownFd(fd, uid, gid);
}

/** The same for an entry, a symbolic link itself included. */
export function chownAt(dirfd: number, name: Uint8Array, uid: number, gid: number): void {
  calls().chownAt(dirfd, name, uid, gid);
}

/** Sets the twelve permission bits of an open file. */
export function chmodFd(fd: number, mode: number): void {
  calls().chmodFd(fd, mode);
}

/** The same for an entry; `ENOTSUP` for a symbolic link. */
export function chmodAt(dirfd: number, name: Uint8Array, mode: number): void {
  calls().chmodAt(dirfd, name, mode);
}

/** Makes a directory; the process's umask takes bits away from `mode`. */
export function mkdirAt(dirfd: number, name: Uint8Array, mode = 0o700): void {
  calls().mkdirAt(dirfd, name, mode);
}

/** Makes a symbolic link `name` that says `target`, any bytes but NUL. */
export function symlinkAt(target: Uint8Array, dirfd: number, name: Uint8Array): void {
  calls().symlinkAt(target, dirfd, name);
}

/** Gives a file, or a symbolic link itself, a second name. `EEXIST` when the name is taken. */
export function linkAt(fromDirfd: number, from: Uint8Array, toDirfd: number, to: Uint8Array): void {
  calls().linkAt(fromDirfd, from, toDirfd, to);
}

/** Renames at once, in place of what bore the name. */
export function renameAt(fromDirfd: number, from: Uint8Array, toDirfd: number, to: Uint8Array): void {
  calls().renameAt(fromDirfd, from, toDirfd, to);
}

/** Renames, or throws `EEXIST` when the name is taken. */
export function renameNoReplaceAt(fromDirfd: number, from: Uint8Array, toDirfd: number, to: Uint8Array): void {
  calls().renameNoReplaceAt(fromDirfd, from, toDirfd, to);
}

export function unlinkAt(dirfd: number, name: Uint8Array): void {
  calls().unlinkAt(dirfd, name);
}

/** Removes an empty directory. */
export function rmdirAt(dirfd: number, name: Uint8Array): void {
  calls().rmdirAt(dirfd, name);
}

/** Makes a fifo, socket or device node; `mode` holds the type bits. `ENOSYS` without native calls. */
export function mknodAt(dirfd: number, name: Uint8Array, mode: number, major: number, minor: number): void {
  calls().mknodAt(dirfd, name, mode, major, minor);
}

/**
 * Resolves once everything written to the file system of `fd`, which stays open until then, is durable; the thread goes on
 * meanwhile. Rejects with the first write-back error since the descriptor was opened (Linux 5.8 and later), so open it before
 * writing, or with `EIO` where the system's own code is not known; `ENOSYS` where no way exists.
 */
export function syncFileSystem(fd: number): Promise<void> {
  return calls().syncFileSystem(fd);
}

/**
 * Takes an exclusive `flock` without waiting. It is held by the open file: closing every copy of `fd`, or the end of
 * the process, however it dies, lets it go. `unsupported` where the file system or machine has no such lock.
 */
export function tryLock(fd: number): LockOutcome {
  return calls().tryLock(fd);
}
