import { compareBytes, printable, Slices, throwIfAborted, toHex } from '../../base/index.js';
import { ENTRY_TYPES, type EntryType, type TreeEntry } from '../../format/index.js';
import { joinText, pathNames, rootText } from '../layout.js';
import { contentKey } from '../link-group.js';
import type { RestoreScope } from '../options.js';
import { joinNames, pathText } from '../state/paths.js';
import { Below, unnested } from '../state/unnested.js';
import type { FindOptions } from './find-entries.js';
import { createGlob, type Glob } from './glob.js';
import { NameHeap } from './name-heap.js';

/** Which of the snapshots searched hold something: numbers in their list, and how many. */
export interface Span {
  readonly first: number;
  readonly last: number;
  readonly count: number;
}

/** A version of a path: what has the same type, size, time of modification and content. */
export interface FoundVersion extends Span {
  /** As the last snapshot of the span has it. */
  readonly entry: TreeEntry;
}

export interface FoundPath {
  /** Full path without the slash in front. */
  readonly path: Uint8Array;
  readonly scope: string;
  /** Of its newest version. */
  readonly type: EntryType;
  /** The newest first. */
  readonly versions: readonly FoundVersion[];
}

/**
 * Every path that matches in any snapshot, with its versions, in the order of the trees. All snapshots are gone through
 * together: a directory that is the same in many of them is read once. Memory: of each directory on the way down one leaf
 * for every way it ever was.
 *
 * @param snapshots - The scopes of each, oldest first. Scopes inside each other are searched each on its own.
 */
export async function* findVersions(
  snapshots: readonly (readonly RestoreScope[])[],
  options: FindOptions,
): AsyncGenerator<FoundPath> {
  const scopes = new Map<string, { readonly scope: RestoreScope; readonly roots: VersionSet }>();
  for (const [number, captured] of snapshots.entries()) {
    for (const scope of captured) {
      const known = scopes.get(scope.scope) ?? { scope, roots: new VersionSet() };
      scopes.set(scope.scope, known);
      known.roots.add(scope.entry, { first: number, last: number, count: 1 });
    }
  }
  const search = new Search(options);
  for (const { scope, roots } of [...scopes.values()].sort((a, b) => compareBytes(a.scope.path, b.scope.path))) {
    const path = pathNames(scope.path).reduce(joinNames, new Uint8Array(0));
    const below = roots.directories.size > 0 ? '' : rootText({ scope, names: pathNames(scope.path) });
    yield* unnested(search.name(scope.scope, path, below, roots));
  }
}

/** The different things that one name was, and when. */
class VersionSet {
  readonly #versions = new Map<string, FoundVersion>();
  /** Contents of directories, by the ids of their roots. */
  readonly directories = new Map<string, { readonly id: Uint8Array; readonly span: Span }>();

  add(entry: TreeEntry, span: Span): void {
    const key = versionKey(entry);
    const known = this.#versions.get(key);
    const kept = known && known.last > span.last ? known.entry : entry;
    this.#versions.set(key, { entry: kept, ...joined(known, span) });
    if (entry.content.form !== 'directory') return;
    const { id } = entry.content;
    const hex = toHex(id);
    this.directories.set(hex, { id, span: joined(this.directories.get(hex)?.span, span) });
  }

  newestFirst(): FoundVersion[] {
    return [...this.#versions.values()].sort((a, b) => b.last - a.last);
  }
}

/** A directory changes with all that is in it; it counts as one version as long as it is one. */
function versionKey({ type, size, mtimeSec, mtimeNsec, content }: TreeEntry): string {
  if (type === ENTRY_TYPES.directory) return 'directory';
  return `${type}:${size}:${mtimeSec}.${mtimeNsec}:${contentKey(content)}`;
}

function joined(a: Span | undefined, b: Span): Span {
  if (!a) return b;
  return { first: Math.min(a.first, b.first), last: Math.max(a.last, b.last), count: a.count + b.count };
}

class Search {
  readonly #options: FindOptions;
  readonly #glob: Glob;
  readonly #slices = new Slices();

  constructor(options: FindOptions) {
    this.#options = options;
    this.#glob = createGlob(options.pattern);
  }

  /** One name in all snapshots, and what lies below it. */
  async *name(
    scope: string,
    path: Uint8Array,
    below: string,
    set: VersionSet,
  ): AsyncGenerator<FoundPath | Below<FoundPath>> {
    const full = pathText(path);
    const versions = set.newestFirst();
    const matching = versions.filter(({ entry }) =>
      this.#glob.matches(full, below, entry.type === ENTRY_TYPES.directory),
    );
    const newest = matching[0];
    if (newest) yield { path, scope, type: newest.entry.type, versions: matching };
    if (set.directories.size === 0 || !this.#glob.reaches(full, below)) return;
    yield new Below(this.#below(scope, path, below, set));
  }

  async *#below(scope: string, path: Uint8Array, below: string, set: VersionSet): AsyncGenerator<Below<FoundPath>> {
    const { tree, onDamage, signal } = this.#options;
    const heap = new NameHeap<Span>();
    try {
      for (const { id, span } of set.directories.values()) {
        throwIfAborted(signal);
        const referrer = `directory "${printable(path)}"`;
        await heap.add(tree.entries(id, { referrer, onDamage: (error) => onDamage(error, path) }), span);
      }
      for (let taken = await heap.take(); taken; taken = await heap.take()) {
        throwIfAborted(signal);
        if (this.#slices.over) await this.#slices.next();
        const inner = new VersionSet();
        for (const { entry, mark } of taken) inner.add(entry, mark);
        const { name } = taken[0]!.entry;
        yield new Below(this.name(scope, joinNames(path, name), joinText(below, name), inner));
      }
    } finally {
      await heap.close();
    }
  }
}
