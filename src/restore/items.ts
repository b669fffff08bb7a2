import { BitacoraError, isBitacoraError, Slices } from '../base/index.js';
import { type ContentItem, ENTRY_FLAGS, ENTRY_TYPES, type TreeEntry } from '../format/index.js';
import { failTask } from './content.js';
import type { DirectoryFacts, TargetDirectory } from './directory.js';
import { type Met, meetExisting } from './existing-items.js';
import { linkGroupOf } from './link-group.js';
import type { Pipeline } from './pipeline.js';
import { isItemError } from './report.js';
import { type OldFile, restoreOver } from './reuse.js';
import { checkSignal, type Site } from './site.js';
import type { FileTask, LinkedFile } from './window.js';

/** The first name of a link group, and its inode where the file was there already. */
type LinkGroup = LinkedFile & { readonly inode?: bigint };

/**
 * Restores what is not a directory: compares it with what bears its name and hands it to the pipeline. Memory: one record
 * for each link group, about 300 bytes and its name; nothing for other items.
 */
export class ItemRestorer {
  readonly #site: Site;
  readonly #slices: Slices;
  readonly #pipeline: Pipeline;
  readonly #links = new Map<string, LinkGroup>();

  constructor(site: Site, pipeline: Pipeline) {
    this.#site = site;
    this.#slices = new Slices(site.options.clock);
    this.#pipeline = pipeline;
  }

  /** @param exists - Whether its name is taken in the target. */
  restore(parent: TargetDirectory, facts: DirectoryFacts, exists: boolean): Promise<void> | undefined {
    const { report, options } = this.#site;
    const { entry } = facts;
    const group = entry.flags & ENTRY_FLAGS.linkGroup ? linkGroupOf(entry) : undefined;
    try {
      if (this.#isUnread(parent, entry)) return undefined;
      const first = group === undefined ? undefined : this.#links.get(group);
      const met = exists ? meetExisting(this.#site, parent, facts, first) : undefined;
      if (met && !this.#mayBuild(parent, facts, met, first, group)) return undefined;
      if (options.dryRun) this.#count(entry, first !== undefined);
      else if (first || entry.type !== ENTRY_TYPES.file) return this.#other(parent, facts, first, group);
      else return this.#file(parent, facts, group, met?.old);
    } catch (error) {
      if (!isItemError(error)) throw error;
      report.failWith(parent.path(entry.name), error);
    }
    return undefined;
  }

  #count(entry: TreeEntry, linked: boolean): void {
    const { report } = this.#site;
    if (linked || entry.type !== ENTRY_TYPES.file) report.others++;
    else {
      report.files++;
      report.bytesWritten += entry.size;
    }
  }

  /** Reports what the snapshot itself says is missing. */
  #isUnread(parent: TargetDirectory, entry: TreeEntry): boolean {
    const { report } = this.#site;
    if (entry.flags & ENTRY_FLAGS.stale) {
      report.warn(parent.path(entry.name), 'PARTIAL', 'The backup could not read it; this is its last known state.');
    }
    if (entry.type !== ENTRY_TYPES.file || entry.content.form !== 'none') return false;
    if (entry.flags & ENTRY_FLAGS.unread) {
      report.fail(parent.path(entry.name), 'PARTIAL', 'The backup could not read it, and knew no earlier state.');
      return true;
    }
    if (entry.size === 0) return false;
    throw new BitacoraError('DATA_CORRUPT', `The snapshot says ${entry.size} bytes and names none.`);
  }

  #mayBuild(
    parent: TargetDirectory,
    { entry }: DirectoryFacts,
    { outcome, inode }: Met,
    first: LinkGroup | undefined,
    group: string | undefined,
  ): boolean {
    const { report } = this.#site;
    if (outcome === 'build') {
      parent.replaces = true;
      return true;
    }
    if (outcome === 'identical') {
      report.identical++;
      if (group !== undefined && !first) {
        this.#links.set(group, { folder: parent.folder!, name: new Uint8Array(entry.name), task: undefined, inode });
      }
    } else if (outcome === 'kept') report.kept++;
    else if (outcome === 'spared') {
      report.fail(parent.path(entry.name), 'EBUSY', "The vault's master key file lies here; it is left as it is.");
    } else report.fail(parent.path(entry.name), 'EEXIST', 'Something bears its name, and no overwrite rule was given.');
    return false;
  }

  #other(
    directory: TargetDirectory,
    { entry, owner, permissions }: DirectoryFacts,
    first: LinkGroup | undefined,
    group: string | undefined,
  ): Promise<void> | undefined {
    const folder = directory.intake(this.#site.stagings);
    if (group !== undefined && !first)
      this.#links.set(group, { folder, name: new Uint8Array(entry.name), task: undefined });
    this.#pipeline.window.others.push({ directory, entry, owner, permissions, firstName: first });
    return this.#pipeline.window.full ? this.#pipeline.rotate() : undefined;
  }

  #file(
    directory: TargetDirectory,
    { entry, owner, permissions }: DirectoryFacts,
    group: string | undefined,
    old: OldFile | undefined,
  ): Promise<void> | undefined {
    const pipeline = this.#pipeline;
    const task: FileTask = {
      directory,
      folder: directory.intake(this.#site.stagings),
      entry,
      owner,
      permissions,
      sparse: false,
      spread: false,
      last: undefined,
      failed: false,
      identity: undefined,
      ranges: 0,
      lastRange: -1,
      slot: 0,
      slotCall: 0,
    };
    pipeline.window.files.push(task);
    if (group !== undefined) this.#links.set(group, { folder: task.folder, name: new Uint8Array(entry.name), task });
    if (old) return restoreOver(this.#site, pipeline, task, old);
    if (entry.content.form === 'list') return this.#listed(task);
    if (entry.content.form === 'chunk') pipeline.window.addItem({ length: entry.size, id: entry.content.id }, 0);
    else if (entry.content.form === 'items') this.#inline(task, entry.content.items);
    task.last = pipeline.window;
    return pipeline.window.full ? pipeline.rotate() : undefined;
  }

  #inline(task: FileTask, items: readonly ContentItem[]): void {
    let offset = 0;
    for (const item of items) {
      if (!item.id) task.sparse = true;
      this.#pipeline.window.addItem(item, offset);
      offset += item.length;
    }
  }

  /** A big file: its chunks may reach over any number of windows. */
  async #listed(task: FileTask): Promise<void> {
    const pipeline = this.#pipeline;
    try {
      let offset = 0;
      for await (const item of this.#site.tree.fileItems(task.entry)) {
        if (pipeline.window.full) {
          task.spread = true;
          await pipeline.rotate();
          pipeline.window.files.push(task);
        }
        if (!item.id) task.sparse = true;
        pipeline.window.addItem(item, offset);
        offset += item.length;
        // Holes fill no window, and a list may be of nothing else.
        if (!this.#slices.over) continue;
        await this.#slices.next();
        checkSignal(this.#site);
      }
    } catch (error) {
      if (pipeline.failed || !isBitacoraError(error) || !isItemError(error)) throw error;
      failTask(this.#site, task, error.code, error.message);
    }
    task.last = pipeline.window;
    if (pipeline.window.full) await pipeline.rotate();
  }
}
