import { formatTime } from '../base/index.js';
import type { Snapshot } from '../snapshot/index.js';
import type { UserRepository } from '../vault/index.js';
import type { OperationContext } from './operation.js';
import { roundEveryMs } from './rounds.js';

/** What whoever is told again of a snapshot must know of it: that it was forgotten since, and how long it can be taken back. */
export async function forgottenSince(
  { vault, settings, daemon, clock }: OperationContext,
  repository: UserRepository,
  { id }: Snapshot,
): Promise<string[]> {
  const { forgotten, pinned } = await repository.snapshots.findListed(id);
  if (!forgotten || pinned) return [];
  const every = daemon && roundEveryMs(settings, 'prune');
  const last = (await vault.rounds.read()).get('prune')?.done;
  const next = every === undefined || last === undefined ? undefined : Math.max(clock.now(), last + every);
  const until = next === undefined ? 'until the next prune' : `until the prune of about ${formatTime(next)}`;
  return [
    `The snapshot ${id}, which this request made earlier, was forgotten since: it is listed and restored no more. \`bitacora unforget ${repository.name} ${id}\` takes it back ${until}.`,
  ];
}
