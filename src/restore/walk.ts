import { asBuffer, isBitacoraError, printable, Slices } from '../base/index.js';
import {
  ENTRY_FLAGS,
  ENTRY_TYPES,
  type LeafCursor,
  type OwnerName,
  TREE_DEPTH_MAX,
  type TreeEntry,
} from '../format/index.js';
import { FileStat, readDirectory, statAt } from '../posix/index.js';
import { entryAt } from '../snapshot/index.js';
import { type DirectoryFacts, TargetDirectory } from './directory.js';
import { ExistingNames } from './existing-names.js';
import { Folder } from './folders.js';
import { ItemRestorer } from './items.js';
import { joinText } from './layout.js';
import type { Pipeline } from './pipeline.js';
import { isItemError } from './report.js';
import type { Selection } from './selection.js';
import { checkSignal, type Site } from './site.js';
import { isSame } from './spared.js';
import { isStagingName, removeTree } from './staging.js';
import { tooDeep } from './state/unnested.js';

/** Entries between two looks at the signal and reports of progress. */
const ENTRIES_PER_TICK = 1024;
/** Directories inside each other that are gone into without leaving the stack. */
const DEPTH_PER_TURN = 64;
/** What lies there is of scopes of records, each of which deletes in its own directory only. */
const RECORDS = Buffer.from('_records');
const stat = new FileStat();

/** A nested scope that takes the place of what the outer one holds at its path. */
export type Graft = (path: string) => TreeEntry | undefined;

/** What is wanted of a scope. */
export interface Wanted {
  readonly selection: Selection;
  readonly graft: Graft | undefined;
}

/**
 * Walks the snapshot's trees against the target: decides what each entry needs and hands it to the pipeline. Memory: the
 * leaves on the way down.
 */
export class Walker {
  readonly #site: Site;
  readonly #pipeline: Pipeline;
  readonly #wanted: Wanted;
  readonly #items: ItemRestorer;
  readonly #slices: Slices;
  #entries = 0;

  constructor(site: Site, pipeline: Pipeline, wanted: Wanted) {
    this.#site = site;
    this.#pipeline = pipeline;
    this.#wanted = wanted;
    this.#items = new ItemRestorer(site, pipeline);
    this.#slices = new Slices(site.options.clock);
  }

  /** What the snapshot says of an entry, in terms of this machine. */
  facts(entry: TreeEntry, owners: readonly OwnerName[]): DirectoryFacts {
    const owner = this.#site.owners.ownerOf(entry, owners);
    return { entry, owner, permissions: this.#site.owners.permissions(entry, owner) };
  }

  /**
   * Restores one entry into `parent`.
   *
   * @param path - Its path below the scope; undefined where nobody asks for it.
   * @param exists - Whether its name is taken in the target.
   */
  visit(
    parent: TargetDirectory,
    entry: TreeEntry,
    owners: readonly OwnerName[],
    path: string | undefined,
    exists: boolean,
  ): Promise<void> | undefined {
    if (++this.#entries % ENTRIES_PER_TICK === 0) this.#tick();
    const directory = entry.type === ENTRY_TYPES.directory;
    const choice = path === undefined ? 'take' : this.#wanted.selection.choose(path, directory);
    if (choice === 'skip') return undefined;
    if (choice === 'take') this.#site.report.selected++;
    if (directory) return this.#directory(parent, entry, owners, path, exists, choice === 'take');
    if (choice === 'descend') return undefined;
    return this.#items.restore(parent, this.facts(entry, owners), exists);
  }

  /** Restores what is in a directory, and says that it has ended. */
  async content(directory: TargetDirectory, entry: TreeEntry, path: string | undefined): Promise<void> {
    if (entry.content.form !== 'directory') throw new TypeError('Only directories have entries.');
    // What was never seen says as little of what it lacks as what is damaged.
    let damaged = (entry.flags & ENTRY_FLAGS.unread) !== 0;
    const onDamage = (error: Error): void => {
      damaged = true;
      this.#site.report.failWith(directory.path(), error);
    };
    if (this.#slices.over || directory.depth % DEPTH_PER_TURN === 0) await this.#pause();
    try {
      const names = this.#existingNames(directory, path);
      await this.#leaves(directory, entry.content.id, path, names, onDamage);
      names?.finish();
    } catch (error) {
      if (this.#pipeline.failed || !isItemError(error)) throw error;
      onDamage(error);
    }
    // A directory that could not be read whole does not say what it lacks, nor does one of old what is newer.
    if (damaged) directory.removals = [];
    else if (directory.lastKnown) this.#keepExtras(directory);
    this.#end(directory);
    if (this.#pipeline.window.full) await this.#pipeline.rotate();
  }

  /** Deletes nothing in a directory, and says so where something would have gone. */
  #keepExtras(directory: TargetDirectory): void {
    const kept = directory.removals.length;
    if (kept === 0) return;
    directory.removals = [];
    const what = kept === 1 ? 'One item' : `${kept} items`;
    const message = `${what} that the snapshot does not have may be newer than what it knows of this directory, and stayed.`;
    this.#site.report.warn(directory.path(), 'PARTIAL', message);
  }

  /** Lets others in, and takes the work off the stack, which a deep tree would fill. */
  async #pause(): Promise<void> {
    await this.#slices.next();
    checkSignal(this.#site);
  }

  async #leaves(
    directory: TargetDirectory,
    id: Uint8Array,
    path: string | undefined,
    names: ExistingNames | undefined,
    onDamage: (error: Error) => void,
  ): Promise<void> {
    const now = this.#now(id);
    if (now) for (const cursor of now) await this.#leaf(directory, cursor, path, names, onDamage);
    else {
      const options = { referrer: `directory "${printable(directory.path())}"`, onDamage };
      for await (const cursor of this.#site.tree.leaves(id, options)) {
        await this.#leaf(directory, cursor, path, names, onDamage);
      }
    }
  }

  #now(id: Uint8Array): LeafCursor[] | undefined {
    try {
      return this.#site.tree.leavesNow(id);
    } catch (error) {
      // The stream meets the same damage, and reports it.
      if (isBitacoraError(error)) return undefined;
      throw error;
    }
  }

  async #leaf(
    directory: TargetDirectory,
    cursor: LeafCursor,
    path: string | undefined,
    names: ExistingNames | undefined,
    onDamage: (error: Error) => void,
  ): Promise<void> {
    for (;;) {
      let entry: TreeEntry;
      let exists: boolean;
      let framed = false;
      try {
        if (!cursor.next()) return;
        framed = true;
        exists = names?.has(cursor.name) ?? false;
        entry = entryAt(cursor);
      } catch (error) {
        if (!isBitacoraError(error)) throw error;
        onDamage(error);
        // Where it ends is known, whatever is in it; behind one whose end is not, nothing can be told apart.
        if (framed) continue;
        return;
      }
      const below = path === undefined ? undefined : joinText(path, entry.name);
      const waiting = this.#visitOrGraft(directory, entry, cursor.owners, below, exists);
      if (waiting) await waiting;
      if (this.#slices.over) await this.#slices.next();
    }
  }

  #visitOrGraft(
    directory: TargetDirectory,
    entry: TreeEntry,
    owners: readonly OwnerName[],
    path: string | undefined,
    exists: boolean,
  ): Promise<void> | undefined {
    const graft = path === undefined ? undefined : this.#wanted.graft?.(path);
    if (!graft) return this.visit(directory, entry, owners, path, exists);
    // Of another snapshot perhaps, where an inode number may mean another file: its links are its own.
    const walker = new Walker(this.#site, this.#pipeline, this.#wanted);
    return walker.visit(directory, { ...graft, name: entry.name }, [], path, exists);
  }

  #existingNames(directory: TargetDirectory, path: string | undefined): ExistingNames | undefined {
    if (!directory.existing) return undefined;
    const { handles, options, stagings, target } = this.#site;
    const { selection } = this.#wanted;
    const fd = handles.fd(directory.folder!);
    return new ExistingNames(readDirectory(fd), (name, isDirectory) => {
      if (isStagingName(name)) {
        const own = stagings.open.has(directory) && asBuffer(stagings.name).equals(name);
        if (target.locked && !own && !options.dryRun) this.#removeLeftover(directory, name);
        return;
      }
      if (!options.delete || (directory.parent === undefined && asBuffer(name).equals(RECORDS))) return;
      const wanted = path === undefined || selection.choose(joinText(path, name), isDirectory) === 'take';
      if (wanted) directory.removals.push(name.slice());
    });
  }

  /** A killed restore's staging directory. */
  #removeLeftover(directory: TargetDirectory, name: Uint8Array): void {
    const warn = (_: Uint8Array, error: unknown) => this.#site.report.warnWith(directory.path(name), error);
    try {
      removeTree(this.#site.handles.fd(directory.folder!), name, warn, this.#site.target.spared);
    } catch (error) {
      if (!isItemError(error)) throw error;
      warn(name, error);
    }
  }

  async #directory(
    parent: TargetDirectory,
    entry: TreeEntry,
    owners: readonly OwnerName[],
    path: string | undefined,
    exists: boolean,
    taken: boolean,
  ): Promise<void> {
    const { report, options, stagings } = this.#site;
    try {
      if (parent.depth >= TREE_DEPTH_MAX) throw tooDeep();
      const place = exists ? this.#existingDirectory(parent, entry.name) : 'new';
      if (place === 'left') return;
      const folder = place instanceof Folder ? place : undefined;
      const facts = this.facts(withoutLeaf(entry), owners);
      const directory = new TargetDirectory(parent, facts.entry.name, facts, folder);
      directory.lastKnown = parent.lastKnown || (entry.flags & ENTRY_FLAGS.stale) !== 0;
      if (taken && !folder && !options.dryRun) directory.intake(stagings);
      if (taken) report.directories++;
      this.#reportUnseen(directory, entry);
      await this.content(directory, entry, path);
    } catch (error) {
      if (this.#pipeline.failed || !isItemError(error)) throw error;
      report.failWith(parent.path(entry.name), error);
    }
  }

  /** Reports what the snapshot itself says is missing. */
  #reportUnseen(directory: TargetDirectory, { flags }: TreeEntry): void {
    const { report } = this.#site;
    if (flags & ENTRY_FLAGS.unread) {
      report.fail(directory.path(), 'PARTIAL', 'The backup could not list it, and knew no earlier state.');
    } else if (flags & ENTRY_FLAGS.stale) {
      report.warn(directory.path(), 'PARTIAL', 'The backup could not list it; this is its last known state.');
    }
  }

  /** Looks at what bears a directory's name: the folder itself, or whether it may be made anew, or nothing is to be done. */
  #existingDirectory(parent: TargetDirectory, name: Uint8Array): Folder | 'new' | 'left' {
    const { report, handles, options, target } = this.#site;
    statAt(handles.fd(parent.folder!), name, stat);
    if (stat.isDirectory) {
      if (!isSame(stat, target.spared.vault)) {
        return new Folder(parent.folder, new Uint8Array(name));
      }
      report.fail(parent.path(name), 'TARGET_IN_VAULT', 'The vault lies here; nothing is restored into it.');
      return 'left';
    }
    if (stat.isSymlink) {
      const message = 'A symbolic link bears the name of a directory; nothing is restored through it.';
      report.fail(parent.path(name), 'TARGET_UNSAFE', message);
      return 'left';
    }
    if (options.overwrite === 'never') report.kept++;
    if (!options.overwrite || options.overwrite === 'never') {
      report.fail(parent.path(name), 'EEXIST', 'Something that is not a directory bears the name of one.');
      return 'left';
    }
    parent.replaces = true;
    return 'new';
  }

  #end(directory: TargetDirectory): void {
    if (this.#site.options.dryRun) {
      this.#site.report.deleted += directory.removals.length;
      return;
    }
    this.#pipeline.window.ended.push(directory);
  }

  #tick(): void {
    checkSignal(this.#site);
    const { options, report } = this.#site;
    options.progress?.({ phase: 'restore', files: report.files, bytes: report.bytesWritten });
  }
}

/** A directory's entry in memory of its own: it may be kept long after its leaf. */
function withoutLeaf(entry: TreeEntry): TreeEntry {
  const xattrs = entry.xattrs.map(({ name, value }) => ({ name: new Uint8Array(name), value: new Uint8Array(value) }));
  return { ...entry, name: new Uint8Array(entry.name), xattrs, content: { form: 'none' } };
}
