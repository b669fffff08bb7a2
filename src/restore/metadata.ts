import { equalBytes } from '../base/index.js';
import type { ExtendedAttribute, TreeEntry } from '../format/index.js';
import {
  chmodAt,
  chmodFd,
  chownAt,
  chownFd,
  listXattrsFd,
  removeXattrFd,
  setTimesAt,
  setTimesFd,
  setXattrAt,
  setXattrFd,
} from '../posix/index.js';
import type { DirectoryFacts } from './directory.js';
import type { Owner } from './owners.js';

/** Told of what could not be set, item by item; the rest is set. */
export type OnProblem = (error: unknown) => void;

/** Sets everything on an open file or directory that exists: owner first, since that clears bits; time last. */
export function setMetadataFd(fd: number, facts: DirectoryFacts, onProblem: OnProblem): void {
  const { entry, owner } = facts;
  let { permissions } = facts;
  if (owner && !attempt(onProblem, () => chownFd(fd, owner.uid, owner.gid))) permissions &= 0o1777;
  replaceXattrs(fd, entry.xattrs, onProblem);
  attempt(onProblem, () => chmodFd(fd, permissions));
  attempt(onProblem, () => setTimesFd(fd, entry.mtimeSec, entry.mtimeNsec));
}

/** The same for a link, fifo or device, by its name; a symbolic link has no mode of its own. */
export function setMetadataAt(
  dirfd: number,
  name: Uint8Array,
  entry: TreeEntry,
  owner: Owner | undefined,
  permissions: number,
  onProblem: OnProblem,
): void {
  if (owner) attempt(onProblem, () => chownAt(dirfd, name, owner.uid, owner.gid));
  for (const attribute of entry.xattrs) {
    attempt(onProblem, () => setXattrAt(dirfd, name, attribute.name, attribute.value));
  }
  if (entry.content.form !== 'link') attempt(onProblem, () => chmodAt(dirfd, name, permissions));
  attempt(onProblem, () => setTimesAt(dirfd, name, entry.mtimeSec, entry.mtimeNsec));
}

function replaceXattrs(fd: number, wanted: readonly ExtendedAttribute[], onProblem: OnProblem): void {
  const found = listXattrsFd(fd);
  for (const { name } of found) {
    if (wanted.some((attribute) => equalBytes(attribute.name, name))) continue;
    attempt(onProblem, () => removeXattrFd(fd, name));
  }
  for (const { name, value } of wanted) {
    if (found.some((attribute) => equalBytes(attribute.name, name) && equalBytes(attribute.value, value))) continue;
    attempt(onProblem, () => setXattrFd(fd, name, value));
  }
}

function attempt(onProblem: OnProblem, change: () => void): boolean {
  try {
    change();
    return true;
  } catch (error) {
    onProblem(error);
    return false;
  }
}
