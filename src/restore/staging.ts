import { decodeUtf8, type Random, toHex, utf8 } from '../base/index.js';
import { type DirectoryListing, FileStat, readDirectory, rmdirAt, statAt, statFd, unlinkAt } from '../posix/index.js';
import { Folder, FolderHandles } from './folders.js';
import { NOTHING_SPARED, refuseSpared, type Spared } from './spared.js';

const PREFIX = '.bitacora-restore-';
const PATTERN = /^\.bitacora-restore-[0-9a-f]{16}$/;
const FIRST_BYTE = PREFIX.charCodeAt(0);
const stat = new FileStat();

/** The name of the directory in which everything new of one existing directory is built; one name for a whole restore. */
export function stagingName(random: Random): Uint8Array {
  return utf8(PREFIX + toHex(random.bytes(8)));
}

/** Whether a name is one that only restores give. */
export function isStagingName(name: Uint8Array): boolean {
  return name[0] === FIRST_BYTE && name.length === PREFIX.length + 16 && PATTERN.test(decodeUtf8(name) ?? '');
}

/**
 * Removes an entry with all that is below it, without following links, and returns how many entries went. What cannot
 * be removed is told to `onProblem` and stays, as does what is spared, whatever its name.
 */
export function removeTree(
  dirfd: number,
  name: Uint8Array,
  onProblem: (name: Uint8Array, error: unknown) => void,
  spared: Spared = NOTHING_SPARED,
): number {
  if (!statAt(dirfd, name, stat).isDirectory) {
    refuseSpared(stat, spared, name);
    unlinkAt(dirfd, name);
    return 1;
  }
  const handles = new FolderHandles(dirfd);
  try {
    return removeDirectory(handles, new Folder(new Folder(), name), onProblem, spared);
  } finally {
    handles.close();
  }
}

/** A directory on its way out: what is still to be removed from it. */
interface Leaving {
  readonly folder: Folder;
  readonly listing: DirectoryListing;
  next: number;
}

/** Without recursion, and with few descriptors: a tree may be deeper than a stack is. */
function removeDirectory(
  handles: FolderHandles,
  root: Folder,
  onProblem: (name: Uint8Array, error: unknown) => void,
  spared: Spared,
): number {
  const way: Leaving[] = [enter(handles, root, spared)];
  let removed = 0;
  for (let last = way.at(-1); last; last = way.at(-1)) {
    const ends = last.next === last.listing.length;
    const name = ends ? last.folder.name : last.listing.name(last.next++);
    try {
      if (!ends) {
        const fd = handles.fd(last.folder);
        if (statAt(fd, name, stat).isDirectory) {
          way.push(enter(handles, new Folder(last.folder, name.slice()), spared));
          continue;
        }
        refuseSpared(stat, spared, name);
        unlinkAt(fd, name);
      } else {
        way.pop();
        handles.forget(last.folder);
        rmdirAt(handles.fd(last.folder.parent!), name);
      }
      removed++;
    } catch (error) {
      if (way.length === 0) throw error;
      onProblem(name, error);
    }
  }
  return removed;
}

function enter(handles: FolderHandles, folder: Folder, spared: Spared): Leaving {
  const fd = handles.fd(folder);
  refuseSpared(statFd(fd, stat), spared, folder.name);
  return { folder, listing: readDirectory(fd), next: 0 };
}
