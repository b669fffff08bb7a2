import { printable } from '../../base/index.js';
import { loadCodecs } from '../../codec/index.js';
import { entryAt, type TreeReader } from '../../snapshot/index.js';
import type { EntryItem } from '../contract/entry.js';
import type { LsHead, LsInput } from '../contract/ls.js';
import { entryItem } from '../entry-item.js';
import { type FoundPath, findPath } from '../find-path.js';
import { openKnownUser } from '../known-user.js';
import type { ItemStream, OperationContext } from '../operation.js';
import { joinPath } from '../paths.js';
import { scopeRoot } from '../scopes.js';
import { select, selectionFields } from '../select.js';

/** What a directory holds, or the item itself; without a path the scopes. */
export async function ls(context: OperationContext, input: LsInput): Promise<ItemStream<LsHead, EntryItem>> {
  const { user_id, path = '/' } = input;
  const repository = await openKnownUser(context, user_id);
  await loadCodecs();
  const selected = await select(repository, input, context.clock.now());
  const found = await findPath(repository.trees, selected, path);
  return {
    head: { user_id, path, ...selectionFields(selected) },
    member: 'entries',
    items: itemsOf(repository.trees, found),
  };
}

async function* itemsOf(trees: TreeReader, found: FoundPath): AsyncGenerator<EntryItem> {
  if (found.kind === 'scopes') {
    for (const scope of found.scopes) yield entryItem({ path: scope.path, entry: scopeRoot(scope), owners: [] });
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
