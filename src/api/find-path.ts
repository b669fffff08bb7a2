import { BitacoraError } from '../base/index.js';
import type { ScopeRecord, TreeEntry } from '../format/index.js';
import type { TreeReader } from '../snapshot/index.js';
import { isWithin, pathReadings, splitPath } from './paths.js';
import { placedScopes, scopeRoot } from './scopes.js';
import type { Selected } from './select.js';

/** What a path stands for. */
export type FoundPath =
  | { readonly kind: 'scopes'; readonly scopes: readonly ScopeRecord[] }
  | { readonly kind: 'entry'; readonly path: Uint8Array; readonly entry: TreeEntry };

/**
 * Looks for the path as it was typed, then as a form that `ls` prints, with `\xNN` for bytes that are not UTF-8. Of scopes
 * that lie inside each other the innermost decides, as when they are restored.
 *
 * @throws {BitacoraError} `UNKNOWN_PATH` naming the scopes there are.
 */
export async function findPath(trees: TreeReader, selected: Selected, path: string): Promise<FoundPath> {
  const found = await findPlaced(trees, selected, path);
  if (found) return found;
  throw unknownPath(selected, path);
}

/** The same of the state's files and directories; undefined where none of them is there. */
export async function findPlaced(trees: TreeReader, selected: Selected, path: string): Promise<FoundPath | undefined> {
  const scopes = placedScopes(selected);
  for (const reading of pathReadings(path)) {
    const names = splitPath(reading);
    const scope = innermost(scopes.filter(({ path: root }) => isWithin(reading, root)));
    if (scope) {
      const entry = await trees.lookup(scopeRoot(scope), names.slice(splitPath(scope.path).length));
      if (entry) return { kind: 'entry', path: reading, entry };
    }
    const below = scopes.filter((inner) => isWithin(inner.path, reading));
    if (below.length > 0) return { kind: 'scopes', scopes: below };
  }
  return undefined;
}

/** `UNKNOWN_PATH` naming what there is. */
export function unknownPath(selected: Selected, path: string): BitacoraError {
  const where = selected.scopes.map(({ record }) => record.scope).join(', ');
  const message = `There is no "${path}" in that state. It holds ${where}; paths are full paths.`;
  return new BitacoraError('UNKNOWN_PATH', message, { details: { path } });
}

function innermost(scopes: readonly ScopeRecord[]): ScopeRecord | undefined {
  return [...scopes].sort((a, b) => b.path.length - a.path.length)[0];
}
