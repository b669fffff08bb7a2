import { isBitacoraError } from '../base/index.js';
import type { CheckResult } from '../engine/index.js';
import { ENTRY_TYPES, type TreeEntry } from '../format/index.js';
import { FileStat, statAt } from '../posix/index.js';
import { CheckBatch } from './check-batch.js';
import { Folder } from './folders.js';
import { joinText, type PlacedScope, placeScopes, rootBase, rootText } from './layout.js';
import { isItemError } from './report.js';
import type { Selection } from './selection.js';
import { checkSignal, rootFd, type Site } from './site.js';

const stat = new FileStat();

/**
 * Reads back every regular file of the snapshot that is in the target and recomputes the ids of its chunks. Files that
 * `never` kept may differ rightly; a mismatch is reported all the same, as the target is then not the snapshot.
 */
export async function verifyScopes(site: Site): Promise<void> {
  const verifier = new Verifier(site);
  for (const placed of placeScopes(site.options.scopes)) await verifier.scope(placed);
  await verifier.finish();
}

/** What holds for all entries of one scope. */
interface Around extends Pick<PlacedScope, 'nested'> {
  readonly selection: Selection;
}

class Verifier {
  readonly #site: Site;
  readonly #running = new Set<Promise<void>>();
  #batch = new CheckBatch();
  #failure: unknown;

  constructor(site: Site) {
    this.#site = site;
  }

  async scope(placed: PlacedScope): Promise<void> {
    const { scope, names, nested } = placed;
    const around = { nested, selection: this.#site.patterns.within(rootBase(placed)) };
    const flatten = this.#site.options.flatten ?? false;
    const isDirectory = scope.entry.type === ENTRY_TYPES.directory;
    const way = flatten ? names.slice(isDirectory ? names.length : -1) : names;
    let folder = new Folder();
    for (const name of way.slice(0, -1)) folder = new Folder(folder, name);
    const name = way.at(-1);
    if (!isDirectory) {
      // A file cannot be the root of everything, as was reported.
      if (name) await this.#entry(folder, { ...scope.entry, name }, rootText(placed), around);
    } else await this.#directory(name ? new Folder(folder, name) : folder, scope.entry, '', around);
  }

  async finish(): Promise<void> {
    this.#send();
    await Promise.all(this.#running);
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #directory(folder: Folder, entry: TreeEntry, path: string, around: Around): Promise<void> {
    if (entry.content.form !== 'directory') return;
    // What cannot be read was reported when it was to be restored.
    for await (const child of this.#site.tree.entries(entry.content.id, { onDamage: () => undefined })) {
      const below = joinText(path, child.name);
      const inner = around.nested.get(below);
      await this.#entry(folder, inner ? { ...inner.entry, name: child.name } : child, below, around);
    }
  }

  async #entry(folder: Folder, entry: TreeEntry, path: string, around: Around): Promise<void> {
    const directory = entry.type === ENTRY_TYPES.directory;
    const choice = around.selection.choose(path, directory);
    if (choice === 'skip' || (choice === 'descend' && !directory)) return;
    if (directory) return this.#directory(new Folder(folder, entry.name), entry, path, around);
    if (entry.type !== ENTRY_TYPES.file || !this.#isThere(folder, entry.name)) return;
    try {
      await this.#file(folder, entry);
    } catch (error) {
      // Nothing can be said of a file whose chunks cannot be told.
      if (!isBitacoraError(error) || !isItemError(error)) throw error;
      this.#site.report.failWith(new Folder(folder, entry.name).path(), error);
      // What was added of it does not make it one that is verified.
      this.#batch.continued++;
    }
    if (this.#batch.full) await this.#rotate();
  }

  async #file(folder: Folder, entry: TreeEntry): Promise<void> {
    this.#batch.add(folder, entry);
    let offset = 0;
    for await (const item of this.#site.tree.fileItems(entry)) {
      if (this.#batch.full) {
        await this.#rotate();
        // A big file goes on in the next call.
        this.#batch.add(folder, entry);
        this.#batch.continued++;
      }
      this.#batch.addItem(offset, item.length, item.id);
      offset += item.length;
    }
  }

  /** What is not there was reported before. */
  #isThere(folder: Folder, name: Uint8Array): boolean {
    try {
      return statAt(this.#site.handles.fd(folder), name, stat).isFile;
    } catch (error) {
      if (isItemError(error)) return false;
      throw error;
    }
  }

  async #rotate(): Promise<void> {
    checkSignal(this.#site);
    if (this.#failure !== undefined) throw this.#failure;
    this.#send();
    const most = 2 * this.#site.options.source.engine.lanes.length;
    if (this.#running.size > most) await Promise.race(this.#running);
  }

  #send(): void {
    const batch = this.#batch;
    this.#batch = new CheckBatch();
    if (batch.paths.length === 0) return;
    const running = this.#check(batch)
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async #check(batch: CheckBatch): Promise<void> {
    const { pool, report } = this.#site;
    const payload = batch.call(rootFd(this.#site));
    const result = await pool.run<CheckResult>('open.check', () => ({ payload }));
    report.verified += batch.paths.length - batch.continued - result.failures.length;
    for (const { file, code, message } of result.failures) report.fail(batch.paths[file]!(), code, message);
  }
}
