import type { TreeEntry } from '../../format/index.js';
import type { TreeReader } from '../../snapshot/index.js';
import { placeScopes } from '../layout.js';
import type { RestoreScope } from '../options.js';
import { joinNames } from '../state/paths.js';
import { type Difference, SNAPSHOT_RULES } from './compare-entries.js';
import { diffTrees, type Pair } from './diff-trees.js';
import { type DiffNode, SnapshotSide } from './side.js';

/** Something that is not the same on both sides. */
export interface Change {
  /** Full path without the slash in front. */
  readonly path: Uint8Array;
  /** Undefined: it was added. */
  readonly before: TreeEntry | undefined;
  /** Undefined: it was removed. */
  readonly after: TreeEntry | undefined;
  /** In what they differ; empty where one is not there. */
  readonly what: readonly Difference[];
}

export interface SnapshotDiff {
  /** Scopes that only one side captured; that says nothing of whether they were there. */
  readonly onlyBefore: readonly string[];
  readonly onlyAfter: readonly string[];
  readonly changes: AsyncIterable<Change>;
}

/** What differs between two states, scope by scope. Directories that are the same in both are not read. */
export function diffSnapshots(
  tree: TreeReader,
  before: readonly RestoreScope[],
  after: readonly RestoreScope[],
  signal?: AbortSignal,
): SnapshotDiff {
  const olds = placeScopes(before);
  const news = new Map(placeScopes(after).map((placed) => [placed.scope.scope, placed]));
  const shared = olds.flatMap((old) => {
    const now = news.get(old.scope.scope);
    return now ? [{ old, now }] : [];
  });
  const known = new Set(shared.map(({ old }) => old.scope.scope));
  const lacking = (scopes: Iterable<string>) => [...scopes].filter((scope) => !known.has(scope));
  return {
    onlyBefore: lacking(olds.map(({ scope }) => scope.scope)),
    onlyAfter: lacking(news.keys()),
    changes: changes(),
  };

  async function* changes(): AsyncGenerator<Change> {
    for (const { old, now } of shared) {
      const path = old.names.reduce(joinNames, new Uint8Array(0));
      const comparison = {
        before: new SnapshotSide(tree, old.nested),
        after: new SnapshotSide(tree, now.nested),
        rules: SNAPSHOT_RULES,
        signal,
      };
      const roots = [old, now].map(({ scope }) => ({ entry: scope.entry, below: '' }));
      for await (const pair of diffTrees(comparison, path, roots[0], roots[1])) yield changeOf(pair);
    }
  }
}

export function changeOf({ path, before, after, what }: Pair<DiffNode, DiffNode>): Change {
  return { path, before: before?.entry, after: after?.entry, what };
}
