import { asBuffer, BitacoraError } from '../base/index.js';
import { ENTRY_TYPES, type TreeEntry } from '../format/index.js';
import { FileStat, statAt } from '../posix/index.js';
import { type DirectoryFacts, TargetDirectory } from './directory.js';
import { Folder } from './folders.js';
import { type PlacedScope, placeScopes, rootBase, rootText } from './layout.js';
import type { RestoreScope } from './options.js';
import type { Pipeline } from './pipeline.js';
import { isItemError } from './report.js';
import type { Site } from './site.js';
import { Walker } from './walk.js';

const stat = new FileStat();

/** A directory above the scopes, with those below it that were made or met so far. */
interface Ancestor {
  readonly directory: TargetDirectory;
  readonly children: Map<string, Ancestor>;
}

/** Restores all scopes. Those that lie in another and were not met there follow in a round of their own. */
export async function restoreScopes(site: Site, pipeline: Pipeline, settle: () => Promise<void>): Promise<void> {
  let scopes = site.options.scopes;
  while (scopes.length > 0) {
    const round = new ScopeRound(site, pipeline);
    scopes = await round.run(scopes);
    await pipeline.drain();
    await settle();
  }
}

class ScopeRound {
  readonly #site: Site;
  readonly #pipeline: Pipeline;
  readonly #missed: RestoreScope[] = [];
  #rootFacts: DirectoryFacts | undefined;

  constructor(site: Site, pipeline: Pipeline) {
    this.#site = site;
    this.#pipeline = pipeline;
  }

  /** Returns the scopes that are still to be restored. */
  async run(scopes: readonly RestoreScope[]): Promise<readonly RestoreScope[]> {
    const placed = placeScopes(scopes);
    const whole = placed.find(({ names }) => this.#site.options.flatten || names.length === 0);
    if (whole) this.#rootFacts = this.#factsOfRoot(whole);
    const folder = this.#site.target.fd === undefined ? undefined : new Folder();
    const root: Ancestor = {
      directory: new TargetDirectory(undefined, new Uint8Array(0), this.#rootFacts, folder),
      children: new Map(),
    };
    for (const scope of placed) await this.#scope(root, scope, scope === whole);
    // Unless a scope's own walk has ended it.
    this.#end(root, whole !== undefined && this.#rootFacts !== undefined);
    return this.#missed;
  }

  #factsOfRoot({ scope }: PlacedScope): DirectoryFacts | undefined {
    if (scope.entry.type !== ENTRY_TYPES.directory) return undefined;
    const selection = this.#site.patterns.within([]);
    return new Walker(this.#site, this.#pipeline, { selection, graft: undefined }).facts(scope.entry, []);
  }

  async #scope(root: Ancestor, placed: PlacedScope, intoRoot: boolean): Promise<void> {
    const { scope, names, nested } = placed;
    const met = new Set<RestoreScope>();
    const graft = (path: string): TreeEntry | undefined => {
      const inner = nested.get(path);
      if (inner) met.add(inner);
      return inner?.entry;
    };
    const selection = this.#site.patterns.within(rootBase(placed));
    const walker = new Walker(this.#site, this.#pipeline, { selection, graft: nested.size > 0 ? graft : undefined });
    const path = selection.all && nested.size === 0 ? undefined : rootText(placed);
    try {
      if (intoRoot && scope.entry.type === ENTRY_TYPES.directory) {
        this.#site.report.directories++;
        await walker.content(root.directory, scope.entry, path);
      } else await this.#below(root, scope, intoRoot ? names.slice(-1) : names, walker, path);
    } catch (error) {
      if (this.#pipeline.failed || !isItemError(error)) throw error;
      this.#site.report.failWith(scope.path.subarray(1), error);
    }
    for (const inner of nested.values()) if (!met.has(inner)) this.#missed.push(inner);
  }

  async #below(
    root: Ancestor,
    scope: RestoreScope,
    names: readonly Uint8Array[],
    walker: Walker,
    path: string | undefined,
  ): Promise<void> {
    const name = names.at(-1);
    if (!name) throw new BitacoraError('DATA_CORRUPT', 'The scope "/" is not a directory.');
    let parent = root;
    for (const ancestor of names.slice(0, -1)) parent = this.#descend(parent, ancestor);
    const { directory } = parent;
    const exists = directory.folder !== undefined && directory.existing && this.#exists(directory, name);
    await walker.visit(directory, { ...scope.entry, name: name.slice() }, [], path, exists);
  }

  /** The directory above scopes that is called `name`; made when it is missing and something goes into it. */
  #descend(parent: Ancestor, name: Uint8Array): Ancestor {
    const key = asBuffer(name).toString('latin1');
    const known = parent.children.get(key);
    if (known) return known;
    const { directory } = parent;
    let folder: Folder | undefined;
    if (directory.existing && this.#exists(directory, name)) {
      if (!stat.isDirectory) {
        const what = stat.isSymlink ? 'a symbolic link' : 'not a directory';
        throw new BitacoraError('TARGET_UNSAFE', `"${asBuffer(directory.path(name))}" in the target is ${what}.`);
      }
      folder = new Folder(directory.folder, name.slice());
    }
    const made = { directory: new TargetDirectory(directory, name.slice(), undefined, folder), children: new Map() };
    parent.children.set(key, made);
    return made;
  }

  /** Whether the name is taken; fills `stat`. */
  #exists(directory: TargetDirectory, name: Uint8Array): boolean {
    try {
      statAt(this.#site.handles.fd(directory.folder!), name, stat);
      return true;
    } catch (error) {
      if (isItemError(error) && error.code === 'ENOENT') return false;
      throw error;
    }
  }

  #end({ directory, children }: Ancestor, walked: boolean): void {
    for (const child of children.values()) this.#end(child, false);
    if (walked || this.#site.options.dryRun) return;
    this.#pipeline.window.ended.push(directory);
  }
}
