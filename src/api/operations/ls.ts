import { BitacoraError, printable } from '../../base/index.js';
import { loadCodecs } from '../../codec/index.js';
import { decodeEntry, NodeReader, type ScopeRecord, type TreeEntry } from '../../format/index.js';
import { entryAt, type TreeReader } from '../../snapshot/index.js';
import type { EntryItem } from '../contract/entry.js';
import type { LsHead, LsInput } from '../contract/ls.js';
import { entryItem } from '../entry-item.js';
import { openKnownUser } from '../known-user.js';
import type { ItemStream, OperationContext } from '../operation.js';
import { isWithin, joinPath, pathReadings, splitPath } from '../paths.js';
import { type Selected, select, selectionFields } from '../select.js';

/** What a path stands for. */
type Found =
  | { readonly kind: 'scopes'; readonly scopes: readonly ScopeRecord[] }
  | { readonly kind: 'entry'; readonly path: Uint8Array; readonly entry: TreeEntry };

/** What a directory holds, or the item itself; without a path the scopes. */
export async function ls(context: OperationContext, input: LsInput): Promise<ItemStream<LsHead, EntryItem>> {
  const { user_id, path = '/' } = input;
  const repository = await openKnownUser(context, user_id);
  await loadCodecs();
  const selected = await select(repository.snapshots, input, context.clock.now());
  const found = await find(repository.trees, selected, path);
  return {
    head: { user_id, path, ...selectionFields(selected) },
    member: 'entries',
    items: itemsOf(repository.trees, found),
  };
}

/**
 * Looks for the path as it was typed, then as a form that `ls` prints, with `\xNN` for bytes that are not UTF-8. Of scopes
 * that lie inside each other the innermost decides, as when they are restored.
 */
async function find(trees: TreeReader, { scopes }: Selected, path: string): Promise<Found> {
  for (const reading of pathReadings(path)) {
    const names = splitPath(reading);
    const scope = innermost(scopes.filter(({ path: root }) => isWithin(reading, root)));
    if (scope) {
      const entry = await trees.lookup(rootOf(scope), names.slice(splitPath(scope.path).length));
      if (entry) return { kind: 'entry', path: reading, entry };
    }
    const below = scopes.filter((inner) => isWithin(inner.path, reading));
    if (below.length > 0) return { kind: 'scopes', scopes: below };
  }
  const where = scopes.map(({ scope }) => scope).join(', ');
  throw new BitacoraError(
    'UNKNOWN_PATH',
    `There is no "${path}" in that state. It holds ${where}; paths are full paths.`,
    { details: { path } },
  );
}

function innermost(scopes: readonly ScopeRecord[]): ScopeRecord | undefined {
  return [...scopes].sort((a, b) => b.path.length - a.path.length)[0];
}

async function* itemsOf(trees: TreeReader, found: Found): AsyncGenerator<EntryItem> {
  if (found.kind === 'scopes') {
    for (const scope of found.scopes) yield entryItem({ path: scope.path, entry: rootOf(scope), owners: [] });
    return;
  }
  const { entry, path } = found;
  if (entry.content.form !== 'directory') {
    yield entryItem({ path, entry, owners: [] });
    return;
  }
  for await (const leaf of trees.leaves(entry.content.id, { referrer: printable(path) })) {
    while (leaf.next()) {
      const child = entryAt(leaf);
      yield entryItem({ path: joinPath(path, child.name), entry: child, owners: leaf.owners });
    }
  }
}

function rootOf({ scope, entry }: ScopeRecord): TreeEntry {
  return decodeEntry(new NodeReader(entry, `the root of "${scope}"`));
}
