import { chmodSync } from 'node:fs';
import { constants } from 'node:os';
import { O_PATH } from './constants.js';
import { named, systemError } from './errors.js';
import { FileStat } from './file-stat.js';
import type { OpeningCalls, SystemCalls } from './system-calls.js';

const stat = new FileStat();

/**
 * Changes the mode of what `name` is, never of what a link points to: `fchmodat` follows links before Linux 6.6, so
 * the entry is first held by a descriptor that names it. Throws `ENOTSUP` for a symbolic link, which has no mode.
 */
export function chmodThroughProc(
  opening: OpeningCalls,
  reading: Pick<SystemCalls, 'statFd'>,
  dirfd: number,
  name: Uint8Array,
  mode: number,
): void {
  const fd = opening.openFileAt(dirfd, name, O_PATH, 0);
  try {
    if (reading.statFd(fd, stat).isSymlink) throw systemError(constants.errno.ENOTSUP, 'fchmodat', name);
    named('fchmodat', name, () => chmodSync(`/proc/self/fd/${fd}`, mode));
  } finally {
    opening.closeFd(fd);
  }
}
