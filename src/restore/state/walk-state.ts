import { type BitacoraError, printable, Slices, throwIfAborted } from '../../base/index.js';
import { ENTRY_TYPES, type LeafCursor, type OwnerName, TREE_DEPTH_MAX, type TreeEntry } from '../../format/index.js';
import { entryAt, type TreeReader } from '../../snapshot/index.js';
import { joinText, type PlacedScope, pathNames, placeScopes, rootText } from '../layout.js';
import type { RestoreScope } from '../options.js';
import type { Choice } from '../selection.js';
import { joinNames } from './paths.js';
import { tooDeep } from './unnested.js';

/** One entry of a state, in the order of the tree: a directory comes before what is in it. */
export interface Visited {
  /** Full path without the slash in front; empty for the root of the scope "/". */
  readonly path: Uint8Array;
  /** Path below the scope, as patterns see it; empty for the scope's root, or its name where it is a file. */
  readonly below: string;
  readonly entry: TreeEntry;
  readonly owners: readonly OwnerName[];
  /** The scope whose tree it is of: inode numbers mean the same only inside one. */
  readonly scope: RestoreScope;
  /** `descend`: a directory that is not wanted itself, but perhaps something below it. */
  readonly choice: Exclude<Choice, 'skip'>;
}

/** Asked of an entry with its path below the scope, whether it is a directory, and its full path. */
export type Choose = (below: string, directory: boolean, path: Uint8Array) => Choice;

export interface WalkOptions {
  /** Asked once for each scope that lies in no other, for what is asked of every entry there. */
  readonly within: (placed: PlacedScope) => Choose;
  readonly signal?: AbortSignal | undefined;
  /** Told of parts of directories that cannot be read; without it the first ends the walk. */
  readonly onDamage?: ((error: BitacoraError, path: Uint8Array) => void) | undefined;
  /**
   * Told of a scope on the way to which the state has something that is no directory, such as a link: it is left out then.
   * Without it such a scope is given like others.
   */
  readonly onBlocked?: ((scope: RestoreScope, path: Uint8Array) => void) | undefined;
}

/**
 * Goes through a state as a restore would lay it out: a scope inside another takes the place of what the outer one holds
 * there. Memory: one leaf of each directory on the way down.
 */
export async function* walkState(
  tree: TreeReader,
  scopes: readonly RestoreScope[],
  options: WalkOptions,
): AsyncGenerator<Visited> {
  // Scopes that lie in another and were not met there follow in a round of their own.
  for (let left = scopes; left.length > 0; ) {
    const missed: RestoreScope[] = [];
    for (const placed of placeScopes(left)) {
      const walk = new ScopeWalk(tree, placed, options);
      yield* walk.run();
      for (const inner of placed.nested.values()) {
        if (walk.met.has(inner)) continue;
        const blocked = options.onBlocked && (await isBlocked(tree, placed, inner));
        if (blocked) options.onBlocked?.(inner, pathNames(inner.path).reduce(joinNames, new Uint8Array(0)));
        else missed.push(inner);
      }
    }
    left = missed;
  }
}

/** Whether the outer scope holds something other than directories on the way to an inner one. */
async function isBlocked(tree: TreeReader, outer: PlacedScope, inner: RestoreScope): Promise<boolean> {
  const way = pathNames(inner.path).slice(outer.names.length, -1);
  for (let depth = 0; depth <= way.length; depth++) {
    const entry = await tree.lookup(outer.scope.entry, way.slice(0, depth));
    if (!entry) return false;
    if (entry.type !== ENTRY_TYPES.directory) return true;
  }
  return false;
}

/** A directory on the way down. */
interface Level {
  readonly leaves: AsyncIterator<LeafCursor>;
  cursor: LeafCursor | undefined;
  readonly path: Uint8Array;
  readonly below: string;
  readonly scope: RestoreScope;
}

class ScopeWalk {
  readonly met = new Set<RestoreScope>();
  readonly #tree: TreeReader;
  readonly #placed: PlacedScope;
  readonly #options: WalkOptions;
  readonly #choose: Choose;
  readonly #levels: Level[] = [];

  constructor(tree: TreeReader, placed: PlacedScope, options: WalkOptions) {
    this.#tree = tree;
    this.#placed = placed;
    this.#options = options;
    this.#choose = options.within(placed);
  }

  async *run(): AsyncGenerator<Visited> {
    const { scope, names } = this.#placed;
    const path = names.reduce(joinNames, new Uint8Array(0));
    const root = this.#visit(
      path,
      rootText(this.#placed),
      { ...scope.entry, name: names.at(-1) ?? new Uint8Array(0) },
      [],
      scope,
    );
    if (root) yield root;
    const slices = new Slices();
    try {
      for (let level = this.#levels.at(-1); level; level = this.#levels.at(-1)) {
        if (slices.over) {
          throwIfAborted(this.#options.signal);
          await slices.next();
        }
        if (!(level.cursor?.next() ?? false)) {
          const { value, done } = await level.leaves.next();
          level.cursor = done ? undefined : value;
          if (done) this.#levels.pop();
          continue;
        }
        const visited = this.#next(level, level.cursor!);
        if (visited) yield visited;
      }
    } finally {
      for (const { leaves } of this.#levels) await leaves.return?.();
    }
  }

  #next(level: Level, cursor: LeafCursor): Visited | undefined {
    const entry = entryAt(cursor);
    const below = joinText(level.below, entry.name);
    const path = joinNames(level.path, entry.name);
    const inner = this.#placed.nested.size > 0 ? this.#placed.nested.get(below) : undefined;
    if (!inner) return this.#visit(path, below, entry, cursor.owners, level.scope);
    this.met.add(inner);
    return this.#visit(path, below, { ...inner.entry, name: entry.name }, [], inner);
  }

  #visit(
    path: Uint8Array,
    below: string,
    entry: TreeEntry,
    owners: readonly OwnerName[],
    scope: RestoreScope,
  ): Visited | undefined {
    const directory = entry.type === ENTRY_TYPES.directory;
    const choice = this.#choose(below, directory, path);
    if (choice === 'skip' || (choice === 'descend' && !directory)) return undefined;
    if (entry.content.form === 'directory') {
      if (this.#levels.length > TREE_DEPTH_MAX) throw tooDeep();
      const { onDamage } = this.#options;
      const leaves = this.#tree.leaves(entry.content.id, {
        referrer: `directory "${printable(path)}"`,
        ...(onDamage ? { onDamage: (error) => onDamage(error, path) } : {}),
      });
      this.#levels.push({ leaves, cursor: undefined, path, below, scope });
    }
    return { path, below, entry, owners, scope, choice };
  }
}
