import { constants } from 'node:fs';

/** A descriptor that only names a file: it can be `statFd`ed and reached through `/proc/self/fd`, never read. */
export const O_PATH = 0x20_0000;
export const O_CLOEXEC = 0x8_0000;

/** How a directory is opened for listing; links are followed only where the caller says so. */
export const DIRECTORY_FLAGS = constants.O_RDONLY | constants.O_DIRECTORY | O_CLOEXEC;

export const AT_FDCWD = -100;
export const AT_SYMLINK_NOFOLLOW = 0x100;
export const AT_REMOVEDIR = 0x200;
export const AT_EMPTY_PATH = 0x1000;

/** The `d_type` values that `DirectoryListing.type` returns. */
export const ENTRY_TYPE = {
  unknown: 0,
  fifo: 1,
  characterDevice: 2,
  directory: 4,
  blockDevice: 6,
  file: 8,
  symlink: 10,
  socket: 12,
} as const;
