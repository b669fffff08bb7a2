import { constants } from 'node:fs';
import { ENTRY_TYPES } from '../format/index.js';
import { closeFd, FileStat, listXattrsAt, openFileAt, readLinkAt, statAt, statFd } from '../posix/index.js';
import { type Decision, decide, looksSame, sameAccess, sameTime, sameXattrs } from './compare.js';
import type { DirectoryFacts, TargetDirectory } from './directory.js';
import { setMetadataFd } from './metadata.js';
import { isItemError } from './report.js';
import { isInParts, type OldFile } from './reuse.js';
import type { Site } from './site.js';
import { isSpared } from './spared.js';
import type { LinkedFile } from './window.js';

const stat = new FileStat();
const READ = constants.O_RDONLY | constants.O_NONBLOCK;

/** What came of an item whose name is taken. With `build` it has to be made as if it were new. */
export type Outcome = 'identical' | 'kept' | 'refused' | 'build' | 'spared';

/** What lies in an entry's place. */
export interface Met {
  readonly outcome: Outcome;
  readonly inode: bigint;
  /** Set where the new file may be built from this one. */
  readonly old?: OldFile | undefined;
}

/**
 * Looks at the item that bears an entry's name, and brings its metadata up to the snapshot's where its content is taken
 * to be the same. `first` is the first name of its link group in this restore.
 */
export function meetExisting(
  site: Site,
  parent: TargetDirectory,
  facts: DirectoryFacts,
  first: (LinkedFile & { readonly inode?: bigint }) | undefined,
): Met {
  const { entry } = facts;
  const fd = site.handles.fd(parent.folder!);
  statAt(fd, entry.name, stat);
  const inode = stat.ino;
  const same = looksSame(entry, stat, () => readLinkAt(fd, entry.name)) && (!first || first.inode === inode);
  const decision = decide(site.options.overwrite, same);
  if (isSpared(stat, site.target.spared) && (decision === 'same' || decision === 'replace')) {
    return { outcome: decision === 'same' && isUpToDate(fd, facts) ? 'identical' : 'spared', inode };
  }
  if (decision !== 'same') {
    const old = stat.isFile && isInParts(entry) ? { folder: parent.folder!, inode, device: stat.dev } : undefined;
    return { outcome: outcomeOf(decision), inode, old };
  }
  if (isUpToDate(fd, facts)) return { outcome: 'identical', inode };
  // Another name of the file may lie where it must not change; anything but a file is as quickly made anew.
  if (entry.type !== ENTRY_TYPES.file || stat.nlink > 1) return { outcome: 'build', inode };
  if (site.options.dryRun || mend(site, parent, facts, fd, inode)) return { outcome: 'identical', inode };
  return { outcome: 'build', inode };
}

function outcomeOf(decision: Exclude<Decision, 'same'>): Outcome {
  if (decision === 'keep') return 'kept';
  return decision === 'refuse' ? 'refused' : 'build';
}

/** Looks at what `stat` holds of the item. */
function isUpToDate(fd: number, { entry, owner, permissions }: DirectoryFacts): boolean {
  const linkLike = entry.type === ENTRY_TYPES.symlink;
  const access = sameAccess(stat, owner, linkLike ? stat.mode & 0o7777 : permissions);
  return access && sameTime(entry, stat) && sameXattrs(entry.xattrs, listXattrsAt(fd, entry.name));
}

/** Sets a file's metadata through a descriptor that is surely of the file looked at. False where it cannot be opened. */
function mend(site: Site, parent: TargetDirectory, facts: DirectoryFacts, dirfd: number, inode: bigint): boolean {
  let fd: number;
  try {
    fd = openFileAt(dirfd, facts.entry.name, READ);
  } catch (error) {
    if (!isItemError(error)) throw error;
    return false;
  }
  try {
    const opened = statFd(fd, stat);
    if (!opened.isFile || opened.ino !== inode || opened.nlink > 1) return false;
    setMetadataFd(fd, facts, (error) => site.report.warnWith(parent.path(facts.entry.name), error));
    return true;
  } finally {
    closeFd(fd);
  }
}
