import type { BitacoraError } from '../../base/index.js';
import { loadCodecs } from '../../codec/index.js';
import { createRecordWish, findEntries } from '../../restore/index.js';
import type { EntryItem } from '../contract/entry.js';
import type { FindHead, FindInput } from '../contract/find.js';
import { entryItem } from '../entry-item.js';
import { ItemProblems } from '../item-problems.js';
import { openKnownUser } from '../known-user.js';
import type { ItemStream, OperationContext } from '../operation.js';
import { fullPath } from '../paths.js';
import { recordFileItem, stateRecordFiles } from '../record-entries.js';
import { placedScopes, restoreScope } from '../scopes.js';
import { select, selectionFields } from '../select.js';

/** What matches a pattern in one state. */
export async function find(context: OperationContext, input: FindInput): Promise<ItemStream<FindHead, EntryItem>> {
  const { user_id, pattern } = input;
  const repository = await openKnownUser(context, user_id);
  const { trees: tree } = repository;
  await loadCodecs();
  const selected = await select(repository, input, context.clock.now());
  const scopes = placedScopes(selected).map(restoreScope);
  return { head: { user_id, pattern, ...selectionFields(selected) }, member: 'entries', items: items() };

  async function* items(): AsyncGenerator<EntryItem> {
    const problems = new ItemProblems();
    const onDamage = (error: BitacoraError, path: Uint8Array) => problems.add(path, error.code, error.message);
    const options = { tree, pattern, signal: context.signal, onDamage };
    for await (const { path, entry, owners } of findEntries(scopes, options)) {
      yield entryItem({ path: fullPath(path), entry, owners });
    }
    const wish = createRecordWish([pattern], []);
    for await (const file of stateRecordFiles(repository, selected, { wish, signal: context.signal })) {
      yield recordFileItem(file);
    }
    problems.throwIfAny('DATA_CORRUPT', 'could not be read whole');
  }
}
