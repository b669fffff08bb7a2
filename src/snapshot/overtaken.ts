import { compareBytes, isBitacoraError } from '../base/index.js';
import { decodeWholeEntry, ENTRY_FLAGS, type ScopeRecord } from '../format/index.js';
import { type Fold, type FoldableManifest, type FoldedScope, manifestsOf } from './fold.js';
import { isRecordScope } from './record-reader.js';
import type { TreeReader } from './tree-reader.js';

const SLASH = 0x2f;

interface Manifest extends FoldableManifest {
  readonly scopes: readonly ScopeRecord[];
}

/**
 * The state without those path scopes that a later capture of a directory above them overtook: of what both hold the newer one is
 * the state. A scope stays where the later capture holds nothing of it (it may have been excluded), holds it as an empty directory,
 * or could not read it, as at the border of a file system.
 */
export async function withoutOvertaken<M extends Manifest>(fold: Fold<M>, trees: TreeReader): Promise<Fold<M>> {
  const paths = fold.scopes.filter(({ scope }) => !isRecordScope(scope));
  const overtaken = new Set<FoldedScope<M>>();
  for (const inner of paths) {
    for (const outer of paths) {
      if (outer.position <= inner.position || overtaken.has(inner)) continue;
      const way = wayDown(outer.scope.path, inner.scope.path);
      if (way && (await holds(trees, outer.scope, way))) overtaken.add(inner);
    }
  }
  if (overtaken.size === 0) return fold;
  const scopes = fold.scopes.filter((scope) => !overtaken.has(scope));
  return { ...fold, scopes, manifests: manifestsOf(scopes) };
}

/** The names from one path to another that lies below it; undefined where it does not. */
function wayDown(outer: Uint8Array, inner: Uint8Array): Uint8Array[] | undefined {
  const above = outer.at(-1) === SLASH ? outer.length : outer.length + 1;
  if (inner.length <= above || inner[above - 1] !== SLASH) return undefined;
  if (compareBytes(inner.subarray(0, outer.length), outer) !== 0) return undefined;
  const names: Uint8Array[] = [];
  for (let start = above; start < inner.length; ) {
    const slash = inner.indexOf(SLASH, start);
    const end = slash === -1 ? inner.length : slash;
    names.push(inner.subarray(start, end));
    start = end + 1;
  }
  return names;
}

/** What is damaged holds nothing: what it would stand for stays. */
async function holds(trees: TreeReader, outer: ScopeRecord, way: readonly Uint8Array[]): Promise<boolean> {
  try {
    const root = decodeWholeEntry(outer.entry, `the root of "${outer.scope}"`);
    const entry = await trees.lookup(root, way);
    if (!entry || (entry.flags & (ENTRY_FLAGS.stale | ENTRY_FLAGS.unread)) !== 0) return false;
    if (entry.content.form !== 'directory') return true;
    for await (const _ of trees.entries(entry.content.id)) return true;
    return false;
  } catch (error) {
    if (isBitacoraError(error, 'DATA_CORRUPT') || isBitacoraError(error, 'OBJECT_MISSING')) return false;
    throw error;
  }
}
