import { isoTime } from '../../base/index.js';
import * as upkeep from '../../upkeep/index.js';
import type { PruneAnswer, PruneInput } from '../contract/prune.js';
import { checkKnownUser } from '../known-user.js';
import type { OperationContext } from '../operation.js';
import { asRound } from '../rounds.js';
import { withReserve } from '../with-reserve.js';

const DAY_MS = 24 * 3600 * 1000;

/** Frees what only forgotten snapshots need, of one user or of all. */
export function prune(context: OperationContext, input: PruneInput): Promise<PruneAnswer> {
  if (input.user_id !== undefined || input.dry_run) return pruneSome(context, input);
  return asRound(
    context,
    'prune',
    () => pruneSome(context, input),
    ({ status }) => status,
  );
}

async function pruneSome(context: OperationContext, input: PruneInput): Promise<PruneAnswer> {
  const { vault, settings, clock, logger, progress, signal } = context;
  const {
    user_id: user,
    dry_run: dryRun = false,
    grace_days: grace,
    allow_large: allowLarge,
    free_bytes: pressBytes,
  } = input;
  const began = clock.monotonic();
  if (user !== undefined) await checkKnownUser(context, user);
  const engine = await context.engine();
  const users = await withReserve(context, () =>
    upkeep.prune(vault, {
      user,
      engine,
      dryRun,
      graceMs: grace === undefined ? undefined : grace * DAY_MS,
      allowLarge,
      pressBytes,
      codec: settings.codec,
      level: settings.level,
      clock,
      logger,
      progress,
      signal,
    }),
  );
  return {
    status: worst(users),
    dry_run: dryRun,
    users: users.map(document),
    duration_ms: Math.round(clock.monotonic() - began),
  };
}

function document(user: upkeep.PrunedUser): PruneAnswer['users'][number] {
  const {
    name,
    status,
    problem,
    warnings,
    before,
    snapshots,
    dead,
    rewritten,
    added,
    waiting,
    putAside,
    purged,
    aside,
  } = user;
  return {
    user_id: name,
    status,
    problem: problem ? { code: problem.code, message: problem.message, details: problem.details } : null,
    warnings: [...warnings],
    before,
    snapshots: snapshots.map(({ id, time, bytes }) => ({
      backup_id: id,
      timestamp: isoTime(time),
      bytes: bytes ?? null,
    })),
    dead,
    rewritten,
    added,
    waiting,
    put_aside: putAside,
    purged,
    aside,
  };
}

function worst(users: readonly upkeep.PrunedUser[]): PruneAnswer['status'] {
  if (users.some(({ status }) => status === 'stopped')) return 'stopped';
  return users.some(({ status }) => status === 'held') ? 'held' : 'done';
}
