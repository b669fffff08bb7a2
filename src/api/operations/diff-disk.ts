import { utf8 } from '../../base/index.js';
import { loadCodecs } from '../../codec/index.js';
import { diffDisk } from '../../restore/index.js';
import type { DiffChange } from '../contract/diff.js';
import type { DiffDiskHead, DiffDiskInput } from '../contract/diff-disk.js';
import { DiffItems } from '../diff-items.js';
import { ItemProblems } from '../item-problems.js';
import { openKnownUser } from '../known-user.js';
import type { ItemStream, OperationContext } from '../operation.js';
import { placedScopes, restoreScope } from '../scopes.js';
import { stateOf } from '../state-of.js';

/** What a directory on disk has that a state has not, and the other way round. */
export async function diffWithDisk(
  context: OperationContext,
  { user_id, before, directory, checksum = false }: DiffDiskInput,
): Promise<ItemStream<DiffDiskHead, DiffChange>> {
  const repository = await openKnownUser(context, user_id);
  await loadCodecs();
  const scopes = placedScopes(await stateOf(repository, before, context.clock.now()));
  const problems = new ItemProblems();
  const changes = await diffDisk({
    tree: repository.trees,
    scopes: scopes.map(restoreScope),
    directory: utf8(directory),
    checksum: checksum ? { engine: await context.engine(), secrets: repository.openSecrets } : undefined,
    signal: context.signal,
    onProblem: (path, code, message) => problems.add(path, code, message),
  });
  const items = new DiffItems();
  return {
    head: { user_id, before, directory, checksum },
    member: 'changes',
    items: all(),
    tail: () => ({ summary: items.summary() }),
  };

  async function* all(): AsyncGenerator<DiffChange> {
    yield* items.items(changes);
    problems.throwIfAny('PARTIAL', 'could not be looked at on disk, and nothing is said of it');
  }
}
