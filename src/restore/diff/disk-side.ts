import { errnoCode } from '../../base/index.js';
import { ENTRY_FLAGS, ENTRY_TYPES, type EntryContent, type EntryType, type TreeEntry } from '../../format/index.js';
import {
  type DirectoryListing,
  FileStat,
  listXattrsAt,
  listXattrsFd,
  readDirectory,
  readLinkAt,
  statAt,
  statFd,
  type Xattr,
} from '../../posix/index.js';
import { formatBits } from '../compare.js';
import { Folder, FolderHandles } from '../folders.js';
import { isItemError } from '../report.js';
import { joinNames } from '../state/paths.js';
import type { DiffNode, DiffSide } from './side.js';

const TYPE_BITS = 0o170000;
const NONE = new Uint8Array(0);
/** What the system says of a path at whose end there is nothing. */
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'EINVAL']);
const stat = new FileStat();

export interface DiskNode extends DiffNode {
  /** The directory that it lies in; undefined for the root. */
  readonly folder: Folder | undefined;
}

/** Told of what cannot be looked at; nothing is said of it then. */
export type OnDiskProblem = (path: Uint8Array, error: unknown) => void;

/** A directory on disk, reached from one descriptor without following a link. */
export class DiskSide implements DiffSide<DiskNode> {
  readonly #handles: FolderHandles;
  readonly #rootFd: number;
  readonly #onProblem: OnDiskProblem;
  #listed: { readonly node: DiskNode; readonly folder: Folder; readonly listing: DirectoryListing } | undefined;

  /** `rootFd` stays the caller's. */
  constructor(rootFd: number, onProblem: OnDiskProblem) {
    this.#rootFd = rootFd;
    this.#handles = new FolderHandles(rootFd);
    this.#onProblem = onProblem;
  }

  /** The directory itself. Throws the system's errors. */
  root(): DiskNode {
    statFd(this.#rootFd, stat);
    return { entry: entryOf(NONE, { form: 'none' }, listXattrsFd(this.#rootFd)), folder: undefined };
  }

  /** What lies at the end of these names, or undefined. Throws the system's errors. */
  find(names: readonly Uint8Array[]): DiskNode | undefined {
    const name = names.at(-1);
    if (!name) return this.root();
    try {
      const folder = names.slice(0, -1).reduce((above, next) => new Folder(above, next), new Folder());
      return this.#look(folder, name);
    } catch (error) {
      if (ABSENT.has(errnoCode(error) ?? '')) return undefined;
      throw error;
    }
  }

  listable(node: DiskNode, path: Uint8Array): boolean {
    const folder = node.folder ? new Folder(node.folder, node.entry.name) : new Folder();
    try {
      this.#listed = { node, folder, listing: readDirectory(this.#handles.fd(folder)) };
      return true;
    } catch (error) {
      if (!isItemError(error)) throw error;
      this.#onProblem(path, error);
      return false;
    }
  }

  async *children(node: DiskNode, path: Uint8Array): AsyncGenerator<DiskNode> {
    if (this.#listed?.node !== node && !this.listable(node, path)) return;
    const { folder, listing } = this.#listed!;
    this.#listed = undefined;
    for (let i = 0; i < listing.length; i++) {
      const name = listing.name(i);
      try {
        yield this.#look(folder, name);
      } catch (error) {
        if (!isItemError(error)) throw error;
        // What has gone meanwhile is not there.
        if (errnoCode(error) !== 'ENOENT') this.#onProblem(joinNames(path, name), error);
      }
    }
  }

  contentId(): undefined {
    return undefined;
  }

  close(): void {
    this.#handles.close();
  }

  #look(folder: Folder, name: Uint8Array): DiskNode {
    const fd = this.#handles.fd(folder);
    statAt(fd, name, stat);
    const content = contentOf(typeOf(stat.mode), () => readLinkAt(fd, name));
    return { entry: entryOf(name, content, listXattrsAt(fd, name)), folder };
  }
}

/** What `stat` holds as an entry of a tree, without the ids that only a snapshot has. */
function entryOf(name: Uint8Array, content: EntryContent, xattrs: readonly Xattr[]): TreeEntry {
  const { mode, uid, gid, ino, size, mtimeSec, mtimeNsec, ctimeSec, ctimeNsec } = stat;
  const type = typeOf(mode);
  return {
    name,
    type,
    content,
    flags: xattrs.length > 0 ? ENTRY_FLAGS.xattrs : 0,
    mode: mode & 0o7777,
    uid,
    gid,
    mtimeSec,
    mtimeNsec,
    ctimeSec,
    ctimeNsec,
    inode: ino,
    size: type === ENTRY_TYPES.file ? size : 0,
    device: 0n,
    xattrs,
  };
}

/** What an entry's type alone says of its content; bytes and names in directories are looked at elsewhere. */
function contentOf(type: EntryType, target: () => Uint8Array): EntryContent {
  if (type === ENTRY_TYPES.symlink) return { form: 'link', target: target() };
  const device = type === ENTRY_TYPES.charDevice || type === ENTRY_TYPES.blockDevice;
  return device ? { form: 'device', major: stat.rdevMajor, minor: stat.rdevMinor } : { form: 'none' };
}

function typeOf(mode: number): EntryType {
  const found = Object.values(ENTRY_TYPES).find((type) => formatBits(type) === (mode & TYPE_BITS));
  if (found === undefined) throw new TypeError(`No such type of file: mode ${mode.toString(8)}.`);
  return found;
}
