import { type Clock, errnoCode, type ProgressSink, printable, Slices, throwIfAborted } from '../base/index.js';
import {
  ENTRY_FLAGS,
  ENTRY_TYPES,
  type EntryType,
  type ExtendedAttribute,
  type LeafCursor,
  TREE_DEPTH_MAX,
  type TreeEntry,
} from '../format/index.js';
import { type DirectoryListing, FileStat, listXattrsAt, ownerNames, readLinkAt, statAt } from '../posix/index.js';
import { DirectoryWriter, type NodeSink } from '../snapshot/index.js';
import { keptAttributes } from './attributes.js';
import { IGNORE_FILE_NAME, isCache, isCacheTag, ownRules } from './directory-rules.js';
import { entryBytes, inlineIds, type Seen, seenOf, typeOf, unchanged } from './entry-of.js';
import type { EntryWriter } from './entry-writer.js';
import { Excludes } from './excludes.js';
import type { PendingFile } from './file-reader.js';
import { joinPath } from './file-reader.js';
import { Likeness } from './likeness.js';
import type { LinkedContents } from './linked-contents.js';
import { emptyDirectory, openListed } from './listed-directory.js';
import { OrderedDirectory } from './ordered-directory.js';
import { ParentDirectory, type ParentTrees } from './parent-directory.js';
import { carriedBytes, decodeBefore, staleBytes } from './parent-entry.js';
import type { BackupCounts } from './report.js';
import { inSource, type VaultIdentity } from './sources.js';

const LARGE_CLASS_BYTES = 16 * 2 ** 30;
/** Entries that may wait in memory for one that is still being read. */
const WAITING_MOST = 16_384;
/** How many directories may be walked inside each other before the stack is emptied. */
const STACK_DEPTH = 64;
const TOO_DEEP = Object.assign(new Error(`It lies below ${TREE_DEPTH_MAX} directories.`), { code: 'ELOOP' });

export interface WalkOptions {
  readonly sink: NodeSink;
  readonly counts: BackupCounts;
  readonly links: LinkedContents;
  readonly clock: Clock;
  readonly progress: ProgressSink;
  readonly signal: AbortSignal | undefined;
  /** Entries written at this second or later are racy. */
  readonly racyFromSec: number;
  readonly parents: ParentTrees | undefined;
  /** Read every file even if it looks unchanged. */
  readonly force: boolean;
  readonly oneFileSystem: boolean;
  readonly skipCaches: boolean;
  readonly maxFileBytes: number;
  readonly vault: VaultIdentity | undefined;
  /** Takes a file that must be read. */
  read(file: PendingFile): Promise<void>;
  /** Waits until all files taken have been read. */
  idle(): Promise<void>;
  /** Lets nodes be stored when many have gathered. */
  drain(): Promise<void>;
}

/** Where names are looked at. */
interface Site {
  readonly fd: number;
  readonly path: Uint8Array;
  readonly device: number;
  /** Directories above it within the scope. */
  readonly depth: number;
}

/** One directory as the walk comes to it. */
interface Place extends Site {
  readonly listing: DirectoryListing;
  readonly parentRoot: Uint8Array | undefined;
  readonly excludes: Excludes;
  readonly done: (root: Uint8Array) => void;
}

/**
 * Walks a tree in byte order of names, in step with the parent snapshot's. What is unchanged is copied from there without
 * opening it; files that are not go to `read`. Directories complete bottom-up as their entries become known.
 */
export class Walk {
  readonly #options: WalkOptions;
  readonly #owners = ownerNames();
  readonly #stat = new FileStat();
  readonly #slices: Slices;

  constructor(options: WalkOptions) {
    this.#options = options;
    this.#slices = new Slices(options.clock);
  }

  /** Walks the listed directory open at `place.fd` and closes it. Resolves when all names were seen; `done` may be called later. */
  async directory(place: Place): Promise<void> {
    const { sink, counts, parents } = this.#options;
    const { parentRoot } = place;
    // A promise that is waited for empties the stack, which deep trees would fill.
    if (place.depth % STACK_DEPTH === STACK_DEPTH - 1) await Promise.resolve();
    const parent = parents && parentRoot ? new ParentDirectory(parents, parentRoot) : undefined;
    const before =
      parent?.leaf && parentRoot ? { root: parentRoot, likeness: new Likeness(parent.leaf, this.#owners) } : undefined;
    const writer = new DirectoryWriter(sink, this.#owners);
    const directory = new OrderedDirectory(place.fd, writer, place.done, before);
    try {
      const { listing } = place;
      const excludes = this.#ownRules(place);
      const cache = this.#options.skipCaches && isCache(place.fd, listing);
      counts.directories++;
      for (let i = 0; i < listing.length; i++) {
        const name = listing.name(i);
        if (cache && !isCacheTag(name)) counts.excluded++;
        else {
          const working = this.#entry(directory, place, excludes, name, parent);
          if (working) await working;
        }
        if (this.#slices.over) await this.#breathe(place.path);
        if (directory.waiting > WAITING_MOST) await this.#options.idle();
      }
      if (parent && !parent.leaf) await parent.close();
      directory.scanned();
    } catch (error) {
      directory.abandon();
      throw error;
    }
  }

  /** Looks at one name of the directory open at `fd`, closes it, and gives the entry to `writer` when it is known. */
  async single(
    fd: number,
    path: Uint8Array,
    name: Uint8Array,
    before: LeafCursor | undefined,
    writer: EntryWriter,
  ): Promise<void> {
    const directory = new OrderedDirectory(fd, writer, () => {});
    const place = { fd, path, device: 0, depth: 0 };
    try {
      const working = this.#entry(directory, place, Excludes.root([]), name, { find: () => before });
      if (working) await working;
      directory.scanned();
    } catch (error) {
      directory.abandon();
      throw error;
    }
  }

  /** A promise only where something must be waited for: one for each entry would cost as much as the entry. */
  #entry(
    directory: OrderedDirectory,
    place: Site,
    excludes: Excludes,
    name: Uint8Array,
    parent: Pick<ParentDirectory, 'find'> | undefined,
  ): Promise<void> | undefined {
    const stat = this.#look(directory, place, name);
    const before = parent?.find(name);
    if (!(before instanceof Promise)) return this.#seen(directory, place, excludes, name, stat, before);
    return before.then((found) => this.#seen(directory, place, excludes, name, stat, found));
  }

  #seen(
    directory: OrderedDirectory,
    place: Site,
    excludes: Excludes,
    name: Uint8Array,
    stat: FileStat | 'gone' | 'unreadable',
    before: LeafCursor | undefined,
  ): Promise<void> | undefined {
    if (stat === 'gone') return undefined;
    if (stat === 'unreadable') {
      this.#carry(directory, name, before);
      return undefined;
    }
    const type = typeOf(stat.mode);
    if (type === undefined) return undefined;
    if (excludes.active && excludes.excludes(name, type === ENTRY_TYPES.directory)) this.#options.counts.excluded++;
    else if (type === ENTRY_TYPES.directory) return this.#subdirectory(directory, place, excludes, name, stat, before);
    else if (type === ENTRY_TYPES.file) return this.#file(directory, place, name, stat, before);
    else this.#other(directory, place, name, stat, type, before);
    return undefined;
  }

  #look(directory: OrderedDirectory, place: Site, name: Uint8Array): FileStat | 'gone' | 'unreadable' {
    try {
      return statAt(directory.fd, name, this.#stat);
    } catch (error) {
      if (errnoCode(error) === 'ENOENT') return 'gone';
      this.#fail(place, name, error);
      return 'unreadable';
    }
  }

  async #subdirectory(
    directory: OrderedDirectory,
    place: Site,
    excludes: Excludes,
    name: Uint8Array,
    stat: FileStat,
    before: LeafCursor | undefined,
  ): Promise<void> {
    const { oneFileSystem, sink, counts, vault } = this.#options;
    const seen = seenOf(stat, ENTRY_TYPES.directory, this.#options.racyFromSec);
    const own = name.slice();
    if (oneFileSystem && stat.dev !== place.device) {
      // What is mounted here is not even opened: it may hang or be huge.
      counts.directories++;
      // Never seen, so that a restore deletes nothing there.
      const flags = ENTRY_FLAGS.unread;
      directory.addEncoded(entryBytes(own, seen, emptyDirectory(sink, this.#owners), { flags }));
      return;
    }
    if (vault && stat.ino === vault.inode && stat.dev === vault.device) {
      throw inSource(printable(joinPath(place.path, own)), 'the vault turned up here');
    }
    if (place.depth >= TREE_DEPTH_MAX) {
      this.#fail(place, own, TOO_DEEP);
      return;
    }
    const known = before && decodeBefore(before);
    const opening = openListed(directory.fd, own);
    const opened = opening instanceof Promise ? await opening : opening;
    if ('error' in opened) {
      if (errnoCode(opened.error) === 'ENOENT') return;
      this.#fail(place, own, opened.error);
      const content = known?.content.form === 'directory' ? known.content : emptyDirectory(sink, this.#owners);
      const flags = known?.content.form === 'directory' ? ENTRY_FLAGS.stale : ENTRY_FLAGS.unread;
      directory.addEncoded(entryBytes(own, seen, content, { flags, xattrs: known?.xattrs ?? [] }));
      return;
    }
    const { fd, listing } = opened;
    const { xattrs, flags } = this.#attributes(place, own, opened.xattrs);
    const slot = directory.reserve();
    const done = (id: Uint8Array): void =>
      directory.resolve(slot, entryBytes(own, seen, { form: 'directory', id }, { xattrs, flags }));
    const parentRoot = known?.content.form === 'directory' ? known.content.id : undefined;
    await this.directory({
      fd,
      listing,
      path: joinPath(place.path, own),
      parentRoot,
      excludes: excludes.enter(own),
      device: place.device,
      depth: place.depth + 1,
      done,
    });
  }

  #file(
    directory: OrderedDirectory,
    place: Site,
    name: Uint8Array,
    stat: FileStat,
    before: LeafCursor | undefined,
  ): Promise<void> | undefined {
    const { counts, force, links, maxFileBytes, parents, racyFromSec } = this.#options;
    if (stat.size > maxFileBytes) {
      counts.excluded++;
      return undefined;
    }
    counts.files++;
    counts.bytes += stat.size;
    if (before && !force && unchanged(before, stat, ENTRY_TYPES.file) && !parents?.isDamaged(before)) {
      counts.filesUnchanged++;
      directory.addCopy(before);
      return undefined;
    }
    const seen = seenOf(stat, ENTRY_TYPES.file, racyFromSec);
    const linked = links.find(seen);
    if (linked) {
      counts.filesUnchanged++;
      directory.addEncoded(entryBytes(name, seen, linked.content, { size: linked.size, xattrs: linked.xattrs }));
      return undefined;
    }
    const known = before && decodeBefore(before);
    if (known?.type === ENTRY_TYPES.file) counts.filesChanged++;
    else counts.filesNew++;
    return this.#options.read(this.#pending(directory, place, name.slice(), seen, stat.blocks, known));
  }

  #pending(
    directory: OrderedDirectory,
    place: Site,
    name: Uint8Array,
    seen: Seen,
    blocks: number,
    known: TreeEntry | undefined,
  ): PendingFile {
    const { counts } = this.#options;
    const slot = directory.reserve();
    const largeBefore = known?.type === ENTRY_TYPES.file ? (known.flags & ENTRY_FLAGS.largeClass) !== 0 : undefined;
    return {
      directory,
      slot,
      name,
      seen,
      blocks,
      parentIds: known && !this.#options.force ? inlineIds(known) : undefined,
      largeClass: largeBefore ?? seen.stat.size >= LARGE_CLASS_BYTES,
      onRead: (bytes) => {
        counts.bytesRead += bytes;
      },
      directoryPath: place.path,
      onProblem: (code, message) => counts.fail(joinPath(place.path, name), code, message),
      onFailure: (code, message, read) => {
        if (code === 'ENOENT') {
          counts.files--;
          counts.bytes -= seen.stat.size;
          if (known?.type === ENTRY_TYPES.file) counts.filesChanged--;
          else counts.filesNew--;
          directory.drop(slot);
          return;
        }
        counts.filesUnread++;
        counts.fail(joinPath(place.path, name), code, message);
        directory.resolve(slot, carriedBytes(name, seen, known, read));
      },
    };
  }

  #other(
    directory: OrderedDirectory,
    place: Site,
    name: Uint8Array,
    stat: FileStat,
    type: EntryType,
    before: LeafCursor | undefined,
  ): void {
    this.#options.counts.others++;
    if (before && !this.#options.force && unchanged(before, stat, type)) {
      directory.addCopy(before);
      return;
    }
    const seen = seenOf(stat, type, this.#options.racyFromSec);
    try {
      const { xattrs, flags } = this.#attributes(place, name, listXattrsAt(directory.fd, name));
      if (type === ENTRY_TYPES.symlink) {
        const target = readLinkAt(directory.fd, name);
        directory.addEncoded(entryBytes(name, seen, { form: 'link', target }, { size: target.length, xattrs, flags }));
      } else if (type === ENTRY_TYPES.charDevice || type === ENTRY_TYPES.blockDevice) {
        const numbers = { form: 'device', major: stat.rdevMajor, minor: stat.rdevMinor } as const;
        directory.addEncoded(entryBytes(name, seen, numbers, { xattrs, flags }));
      } else {
        directory.addEncoded(entryBytes(name, seen, { form: 'none' }, { xattrs, flags }));
      }
    } catch (error) {
      if (errnoCode(error) === 'ENOENT') return;
      this.#fail(place, name, error);
      this.#carry(directory, name, before);
    }
  }

  /** The attributes to keep and the flags that say whether those are all. */
  #attributes(
    place: Site,
    name: Uint8Array,
    found: readonly ExtendedAttribute[],
  ): { readonly xattrs: readonly ExtendedAttribute[]; readonly flags: number } {
    const { xattrs, problem } = keptAttributes(found, () => joinPath(place.path, name));
    if (problem) this.#options.counts.fail(joinPath(place.path, name), problem.code, problem.message);
    return { xattrs, flags: problem ? ENTRY_FLAGS.stale : 0 };
  }

  /** Takes the parent's entry over, marked stale; without one there is nothing to say of this name. */
  #carry(directory: OrderedDirectory, name: Uint8Array, before: LeafCursor | undefined): void {
    if (!before) return;
    directory.addEncoded(staleBytes(decodeBefore(before), name));
  }

  #fail(place: Site, name: Uint8Array, error: unknown): void {
    const code = errnoCode(error);
    if (code === undefined) throw error;
    const path = joinPath(place.path, name);
    this.#options.counts.fail(path, code, `Cannot read "${printable(path)}": ${code}`);
  }

  #ownRules(place: Place): Excludes {
    try {
      const text = ownRules(place.fd, place.listing);
      const excludes = text === undefined ? place.excludes : place.excludes.with(text);
      if (excludes) return excludes;
      const path = joinPath(place.path, IGNORE_FILE_NAME);
      const message = `The rules in "${printable(path)}" are too many, or have too many "*", to be tried on every name: they are left aside.`;
      this.#options.counts.fail(path, 'E2BIG', message);
      return place.excludes;
    } catch (error) {
      this.#fail(place, IGNORE_FILE_NAME, error);
      return place.excludes;
    }
  }

  async #breathe(path: Uint8Array): Promise<void> {
    const { counts, progress, signal } = this.#options;
    throwIfAborted(signal);
    progress({ phase: 'backup', files: counts.files, bytes: counts.bytes, current: printable(path) });
    await this.#options.drain();
    await this.#slices.next();
  }
}
