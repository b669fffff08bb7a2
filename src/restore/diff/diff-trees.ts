import { compareBytes, equalBytes, Slices, throwIfAborted } from '../../base/index.js';
import { ENTRY_TYPES, type TreeEntry } from '../../format/index.js';
import { joinNames } from '../state/paths.js';
import { Below, unnested } from '../state/unnested.js';
import { type CompareRules, compareEntries, type Difference } from './compare-entries.js';
import type { DiffNode, DiffSide } from './side.js';

/** A name at which the two sides are not the same, or may not be. */
export interface Pair<Before extends DiffNode, After extends DiffNode> {
  /** Full path without the slash in front. */
  readonly path: Uint8Array;
  /** Undefined: it was added. */
  readonly before: Before | undefined;
  /** Undefined: it was removed. */
  readonly after: After | undefined;
  /** In what they differ; empty where one is not there. */
  readonly what: readonly Difference[];
}

/** Two trees and what is taken to be equal in them. */
export interface Comparison<Before extends DiffNode, After extends DiffNode> {
  readonly before: DiffSide<Before>;
  readonly after: DiffSide<After>;
  readonly rules: CompareRules;
  /** Whether a pair is given out although nothing is known to differ, since its bytes are still to be compared. */
  readonly suspects?: (before: TreeEntry, after: TreeEntry) => boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * What differs between two things of one name and all that lies below them, in the order of the tree. Directories with the
 * same content on both sides are passed over unread. Memory: one leaf of each directory on the way down.
 */
export function diffTrees<Before extends DiffNode, After extends DiffNode>(
  comparison: Comparison<Before, After>,
  path: Uint8Array,
  before: Before | undefined,
  after: After | undefined,
): AsyncGenerator<Pair<Before, After>> {
  return unnested(differences(comparison, new Slices(), path, before, after));
}

async function* differences<Before extends DiffNode, After extends DiffNode>(
  comparison: Comparison<Before, After>,
  slices: Slices,
  path: Uint8Array,
  before: Before | undefined,
  after: After | undefined,
): AsyncGenerator<Pair<Before, After> | Below<Pair<Before, After>>> {
  const own = judged(comparison, path, before, after);
  if (own) yield own;
  const [from, to] = [directoryOnly(before), directoryOnly(after)];
  // Of a directory that cannot be listed it cannot be told what it lacks.
  if (own?.what.includes('unread') || (to && comparison.after.listable?.(to, path) === false)) return;
  if (from && to && haveSameContent(comparison, from, to)) return;
  for await (const [inner, other] of pairs(comparison, path, from, to)) {
    throwIfAborted(comparison.signal);
    if (slices.over) await slices.next();
    const place = joinNames(path, (inner ?? other)!.entry.name);
    if (directoryOnly(inner) || directoryOnly(other)) {
      yield new Below(differences(comparison, slices, place, inner, other));
    } else {
      const pair = judged(comparison, place, inner, other);
      if (pair) yield pair;
    }
  }
}

/** What is to be said of one name, whatever lies below it. */
function judged<Before extends DiffNode, After extends DiffNode>(
  { rules, suspects }: Comparison<Before, After>,
  path: Uint8Array,
  before: Before | undefined,
  after: After | undefined,
): Pair<Before, After> | undefined {
  if (!before || !after) return { path, before, after, what: [] };
  const what = compareEntries(before.entry, after.entry, rules);
  const told = what.length > 0 || suspects?.(before.entry, after.entry);
  return told ? { path, before, after, what } : undefined;
}

function haveSameContent<Before extends DiffNode, After extends DiffNode>(
  comparison: Comparison<Before, After>,
  before: Before,
  after: After,
): boolean {
  const id = comparison.before.contentId(before);
  const other = comparison.after.contentId(after);
  return id !== undefined && other !== undefined && equalBytes(id, other);
}

function directoryOnly<Node extends DiffNode>(node: Node | undefined): Node | undefined {
  return node?.entry.type === ENTRY_TYPES.directory ? node : undefined;
}

/** What lies in two directories, by name. */
async function* pairs<Before extends DiffNode, After extends DiffNode>(
  { before, after }: Comparison<Before, After>,
  path: Uint8Array,
  from: Before | undefined,
  to: After | undefined,
): AsyncGenerator<[Before | undefined, After | undefined]> {
  const olds = from && before.children(from, path)[Symbol.asyncIterator]();
  const news = to && after.children(to, path)[Symbol.asyncIterator]();
  try {
    let old = await nextOf(olds);
    let now = await nextOf(news);
    while (old || now) {
      const order = old && now ? compareBytes(old.entry.name, now.entry.name) : old ? -1 : 1;
      yield [order <= 0 ? old : undefined, order >= 0 ? now : undefined];
      if (order <= 0) old = await nextOf(olds);
      if (order >= 0) now = await nextOf(news);
    }
  } finally {
    await olds?.return?.();
    await news?.return?.();
  }
}

async function nextOf<Node>(nodes: AsyncIterator<Node> | undefined): Promise<Node | undefined> {
  if (!nodes) return undefined;
  const { value, done } = await nodes.next();
  return done ? undefined : value;
}
