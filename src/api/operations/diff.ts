import { loadCodecs } from '../../codec/index.js';
import { diffSnapshots } from '../../restore/index.js';
import type { DiffChange, DiffHead, DiffInput } from '../contract/diff.js';
import { DiffItems } from '../diff-items.js';
import { openKnownUser } from '../known-user.js';
import type { ItemStream, OperationContext } from '../operation.js';
import { lackingScopes, recordChanges } from '../record-changes.js';
import { placedScopes, restoreScope } from '../scopes.js';
import { stateOf } from '../state-of.js';

/** What differs between two states. */
export async function diff(
  context: OperationContext,
  { user_id, before, after }: DiffInput,
): Promise<ItemStream<DiffHead, DiffChange>> {
  const repository = await openKnownUser(context, user_id);
  await loadCodecs();
  const now = context.clock.now();
  const [old, current] = [await stateOf(repository, before, now), await stateOf(repository, after, now)];
  const scopes = [old, current].map((state) => placedScopes(state).map(restoreScope));
  const found = diffSnapshots(repository.trees, scopes[0]!, scopes[1]!, context.signal);
  const items = new DiffItems();
  const lacking = lackingScopes(old, current);
  return {
    head: {
      user_id,
      before,
      after,
      only_before: [...found.onlyBefore, ...lacking.onlyBefore],
      only_after: [...found.onlyAfter, ...lacking.onlyAfter],
    },
    member: 'changes',
    items: all(),
    tail: () => ({ summary: items.summary() }),
  };

  async function* all(): AsyncGenerator<DiffChange> {
    yield* items.items(found.changes);
    yield* items.items(recordChanges(repository, old, current, context.signal));
  }
}
