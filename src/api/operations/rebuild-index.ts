import type { BitacoraError } from '../../base/index.js';
import * as upkeep from '../../upkeep/index.js';
import type { RebuildIndexAnswer, RebuildIndexInput } from '../contract/rebuild-index.js';
import { checkKnownUser } from '../known-user.js';
import type { OperationContext } from '../operation.js';

/** Makes the index of one user or of all anew. */
export async function rebuildIndex(context: OperationContext, input: RebuildIndexInput): Promise<RebuildIndexAnswer> {
  const { vault, clock, progress, signal } = context;
  const { user_id: user } = input;
  const began = clock.monotonic();
  if (user !== undefined) await checkKnownUser(context, user);
  const { users, damaged } = await upkeep.rebuildIndex(vault, { user, progress, signal });
  const isDamaged = damaged.length > 0 || users.some(({ problems }) => problems.length > 0);
  return {
    status: isDamaged ? 'damaged' : 'complete',
    users: users.map(({ name, packs, chunks, entries, problems }) => ({
      user_id: name,
      packs,
      chunks,
      entries,
      problems: problems.map(problem),
    })),
    registry_problems: damaged.map(problem),
    duration_ms: Math.round(clock.monotonic() - began),
  };
}

function problem({ code, message, details }: BitacoraError): RebuildIndexAnswer['registry_problems'][number] {
  return { code, message, details };
}
