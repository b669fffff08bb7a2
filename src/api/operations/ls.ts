import { printable } from '../../base/index.js';
import { loadCodecs } from '../../codec/index.js';
import { entryAt, type TreeReader } from '../../snapshot/index.js';
import type { UserRepository } from '../../vault/index.js';
import type { EntryItem } from '../contract/entry.js';
import type { LsHead, LsInput } from '../contract/ls.js';
import { entryItem } from '../entry-item.js';
import { type FoundPath, findPlaced, unknownPath } from '../find-path.js';
import { openKnownUser } from '../known-user.js';
import type { ItemStream, OperationContext } from '../operation.js';
import { joinPath, pathReadings } from '../paths.js';
import { recordItemsAt, recordScopeItems } from '../record-entries.js';
import { scopeRoot } from '../scopes.js';
import { type Selected, select, selectionFields } from '../select.js';

/** What a directory holds, or the item itself; without a path the scopes. */
export async function ls(context: OperationContext, input: LsInput): Promise<ItemStream<LsHead, EntryItem>> {
  const { user_id, path = '/' } = input;
  const repository = await openKnownUser(context, user_id);
  await loadCodecs();
  const selected = await select(repository, input, context.clock.now());
  const found = await findPlaced(repository.trees, selected, path);
  const records = await recordsAt(context, repository, selected, path);
  if (!found && records.length === 0) throw unknownPath(selected, path);
  return {
    head: { user_id, path, ...selectionFields(selected) },
    member: 'entries',
    items: all(),
  };

  async function* all(): AsyncGenerator<EntryItem> {
    if (found) yield* itemsOf(repository.trees, found);
    yield* records;
  }
}

/** Scopes of records, or what is inside of one: as a restore lays them out. */
async function recordsAt(
  { signal }: OperationContext,
  repository: UserRepository,
  selected: Selected,
  path: string,
): Promise<EntryItem[]> {
  const [place] = pathReadings(path);
  const inside = await recordItemsAt(repository, selected, place!, signal);
  return inside.length > 0 ? inside : [...recordScopeItems(selected, place!)];
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
