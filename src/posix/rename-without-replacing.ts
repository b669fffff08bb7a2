import { FileStat } from './file-stat.js';
import type { SystemCalls } from './system-calls.js';

type Calls = Pick<SystemCalls, 'statAt' | 'mkdirAt' | 'rmdirAt' | 'linkAt' | 'unlinkAt' | 'renameAt'>;

const stat = new FileStat();

/**
 * Renames where the file system or Node has no `RENAME_NOREPLACE`. A directory takes the place of an empty one made
 * just before, anything else is linked to its new name; both fail with `EEXIST` when the name is taken.
 * Unlike the kernel's own, a crash between the two steps leaves both names of a file, or an empty directory.
 */
export function renameWithoutReplacing(
  calls: Calls,
  fromDirfd: number,
  from: Uint8Array,
  toDirfd: number,
  to: Uint8Array,
): void {
  if (!calls.statAt(fromDirfd, from, stat).isDirectory) {
    calls.linkAt(fromDirfd, from, toDirfd, to);
    calls.unlinkAt(fromDirfd, from);
    return;
  }
  calls.mkdirAt(toDirfd, to, 0o700);
  try {
    calls.renameAt(fromDirfd, from, toDirfd, to);
  } catch (error) {
    calls.rmdirAt(toDirfd, to);
    throw error;
  }
}
