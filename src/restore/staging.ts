import { constants } from 'node:os';
import { decodeUtf8, type Random, toHex, utf8 } from '../base/index.js';
import {
  closeFd,
  FileStat,
  openDirectoryAt,
  readDirectory,
  rmdirAt,
  statAt,
  statFd,
  systemError,
  unlinkAt,
} from '../posix/index.js';

const PREFIX = '.bitacora-restore-';
const PATTERN = /^\.bitacora-restore-[0-9a-f]{16}$/;
const FIRST_BYTE = PREFIX.charCodeAt(0);

/** The name of the directory in which everything new of one existing directory is built; one name for a whole restore. */
export function stagingName(random: Random): Uint8Array {
  return utf8(PREFIX + toHex(random.bytes(8)));
}

/** Whether a name is one that only restores give. */
export function isStagingName(name: Uint8Array): boolean {
  return name[0] === FIRST_BYTE && name.length === PREFIX.length + 16 && PATTERN.test(decodeUtf8(name) ?? '');
}

export interface Identity {
  readonly device: number;
  readonly inode: bigint;
}

/**
 * Removes an entry with all that is below it, without following links, and returns how many entries went. What cannot
 * be removed is told to `onProblem` and stays, as does the directory `spare`, whatever its name.
 */
export function removeTree(
  dirfd: number,
  name: Uint8Array,
  onProblem: (name: Uint8Array, error: unknown) => void,
  spare?: Identity,
): number {
  const stat = statAt(dirfd, name, new FileStat());
  if (!stat.isDirectory) {
    unlinkAt(dirfd, name);
    return 1;
  }
  let removed = 0;
  const fd = openDirectoryAt(dirfd, name);
  try {
    const opened = statFd(fd, stat);
    if (spare && opened.ino === spare.inode && opened.dev === spare.device) {
      // The vault is never removed, as if it were in use; so its parents stay as well.
      throw systemError(constants.errno.EBUSY, 'unlinkat', name);
    }
    const listing = readDirectory(fd);
    for (let i = 0; i < listing.length; i++) {
      try {
        removed += removeTree(fd, listing.name(i), onProblem, spare);
      } catch (error) {
        onProblem(listing.name(i), error);
      }
    }
  } finally {
    closeFd(fd);
  }
  rmdirAt(dirfd, name);
  return removed + 1;
}
