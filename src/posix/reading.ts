import { constants } from 'node:fs';
import { utf8 } from '../base/index.js';
import { calls } from './calls.js';
import { DIRECTORY_FLAGS } from './constants.js';
import type { DirectoryListing } from './directory-listing.js';
import type { FileStat } from './file-stat.js';
import { runInSlices, runSteps } from './steps.js';
import type { Capabilities, DataRange, Xattr } from './system-calls.js';

// Common to all functions of this room: names are single directory entries as bytes ('', '.', '..', '/' and NUL in
// them are refused with EINVAL), errors are the system's own, shaped as Node has them (`code`, `errno`, `syscall`,
// `path`), and descriptors opened here are closed by `closeFd`, since Node counts those of a worker itself.

/** What this machine lets the program keep. */
export function capabilities(): Capabilities {
  return calls().capabilities();
}

/** Opens a directory for listing and as the base of other calls. A link at the end is followed unless `follow` is false. */
export function openDirectory(path: Uint8Array | string, options: { readonly follow?: boolean } = {}): number {
  const noFollow = options.follow === false ? constants.O_NOFOLLOW : 0;
  return calls().openPath(typeof path === 'string' ? utf8(path) : path, DIRECTORY_FLAGS | noFollow, 0);
}

/** Opens a directory's subdirectory; a symbolic link is `ENOTDIR`. */
export function openDirectoryAt(dirfd: number, name: Uint8Array): number {
  return calls().openFileAt(dirfd, name, DIRECTORY_FLAGS, 0);
}

/**
 * Opens an entry, never through a symbolic link (`ELOOP`), closed on exec. Add `O_NONBLOCK` where the entry may have
 * become a fifo since it was looked at; else the call waits for the other end.
 */
export function openFileAt(dirfd: number, name: Uint8Array, flags: number, mode = 0o600): number {
  return calls().openFileAt(dirfd, name, flags, mode);
}

/**
 * Opens `relative` (components joined by single slashes) below a directory. No component may be a symbolic link
 * (`ELOOP` or `ENOTDIR`) or '..', whatever is swapped meanwhile, so the result is reached from the root downwards only.
 * `EXDEV` when a directory on the way was moved out of the root in that moment.
 */
export function openBeneath(rootFd: number, relative: Uint8Array, flags: number, mode = 0o600): number {
  return calls().openBeneath(rootFd, relative, flags, mode);
}

/** Closes a descriptor that this room opened. */
export function closeFd(fd: number): void {
  calls().closeFd(fd);
}

/** Reads into `into` from `position`, without moving the file's own. Returns the count; less than asked is no error. */
export function readAt(fd: number, into: Uint8Array, position: number): number {
  return calls().readAt(fd, into, position);
}

/** All entries of an open directory, in memcmp order. */
export function readDirectory(fd: number): DirectoryListing {
  return runSteps(calls().directoryInSteps(fd));
}

/** The same; of a huge directory a promise, with the thread free for others meanwhile. `fd` stays open until then. */
export function listDirectory(fd: number): DirectoryListing | Promise<DirectoryListing> {
  return runInSlices(calls().directoryInSteps(fd));
}

/** Looks at an entry itself, never at what a link points to. Fills and returns `into`. */
export function statAt(dirfd: number, name: Uint8Array, into: FileStat): FileStat {
  return calls().statAt(dirfd, name, into);
}

/** Looks at an open file. Fills and returns `into`. */
export function statFd(fd: number, into: FileStat): FileStat {
  return calls().statFd(fd, into);
}

/** The target of a symbolic link, as bytes that the caller owns. */
export function readLinkAt(dirfd: number, name: Uint8Array): Uint8Array {
  return calls().readLinkAt(dirfd, name);
}

/**
 * Where a file of `size` bytes has data, in rising order; the rest reads as zeros. The whole file where holes cannot
 * be seen. Moves the file's own position as it goes: read with `readAt` meanwhile.
 */
export function dataRanges(fd: number, size: number): Iterable<DataRange> {
  return calls().dataRanges(fd, size);
}

/** Extended attributes of an open file or directory, sorted by name; none where they are not supported. */
export function listXattrsFd(fd: number): Xattr[] {
  return calls().listXattrsFd(fd);
}

/** Extended attributes of an entry that cannot be opened: a symbolic link, a device, an unreadable file. */
export function listXattrsAt(dirfd: number, name: Uint8Array): Xattr[] {
  return calls().listXattrsAt(dirfd, name);
}
