import { BitacoraError, isBitacoraError, isoTime, throwIfAborted } from '../../base/index.js';
import type { Snapshot } from '../../snapshot/index.js';
import { type FreeSpace, freeSpace, type RoundRun } from '../../vault/index.js';
import type { StatusAnswer } from '../contract/status.js';
import { errorDocument, jobDocument } from '../job-document.js';
import type { OperationContext } from '../operation.js';
import { ROUND_NAMES } from '../rounds.js';
import { briefSnapshot } from '../user-document.js';

type UserStatus = StatusAnswer['users'][number];

/** Below this share of its file system a vault is soon full. */
const FREE_SHARE_LOW = 0.05;

/** Users that are looked at, and how many at once: each is opened, and a vault may have very many. */
const USERS_MOST = 1000;
const USERS_AT_ONCE = 8;

/** How the vault, its users and its daemon are. One user's damage hides no other. */
export async function status(context: OperationContext): Promise<StatusAnswer> {
  const { vault, daemon } = context;
  const { records, damaged, total } = await vault.users({ most: USERS_MOST });
  const active = records.filter(({ state }) => state === 'active');
  const users = await statusOf(
    context,
    active.map(({ name }) => name),
  );
  const space = await freeSpace(vault.path);
  const problems = [...damaged, ...spaceProblems(space)];
  return {
    vault: {
      path: vault.path,
      vault_id: vault.id,
      read_only: vault.readOnly,
      free_bytes: space?.freeBytes ?? null,
      total_bytes: space?.totalBytes ?? null,
    },
    daemon: daemon ? daemonStatus(daemon) : null,
    // Of those that were not read it is not known whether they were erased.
    user_count: total > USERS_MOST ? total : active.length,
    users,
    rounds: roundsStatus(await vault.rounds.read()),
    problems: problems.map(errorDocument),
    warnings: [...(daemon?.problems ?? [])],
  };
}

/** In the order of the names. */
async function statusOf(context: OperationContext, names: readonly string[]): Promise<UserStatus[]> {
  const users = new Array<UserStatus>(names.length);
  let next = 0;
  const look = async (): Promise<void> => {
    while (next < names.length) {
      throwIfAborted(context.signal);
      const at = next++;
      users[at] = await userStatus(context, names[at]!);
    }
  };
  await Promise.all(Array.from({ length: USERS_AT_ONCE }, look));
  return users;
}

/** What is wrong with the room that is left; nothing where that cannot be told. */
export function spaceProblems(space: Pick<FreeSpace, 'freeBytes' | 'totalBytes'> | undefined): BitacoraError[] {
  if (!space || space.freeBytes >= space.totalBytes * FREE_SHARE_LOW) return [];
  const percent = Math.floor((100 * space.freeBytes) / space.totalBytes);
  return [new BitacoraError('NO_SPACE', `Only ${percent} % of the vault’s file system is free.`)];
}

function roundsStatus(runs: ReadonlyMap<string, RoundRun>): StatusAnswer['rounds'] {
  return ROUND_NAMES.flatMap((operation) => {
    const run = runs.get(operation);
    if (!run) return [];
    const { started, ended, outcome, done } = run;
    const last_done = done === undefined ? null : isoTime(done);
    return [{ operation, started: isoTime(started), ended: isoTime(ended), outcome, last_done }];
  });
}

function daemonStatus({
  queue,
  pid,
  started,
  socket,
  configFile,
  upcoming,
}: NonNullable<OperationContext['daemon']>): NonNullable<StatusAnswer['daemon']> {
  return {
    pid,
    started: isoTime(started),
    socket,
    config_file: configFile ?? null,
    running: queue.list({ states: ['running'] }).map((job) => jobDocument(job)),
    queued: queue.list({ states: ['queued'] }).length,
    schedule: upcoming().map(({ row, next }) => ({
      users: [...row.users],
      kind: row.kind,
      cron: row.cron ?? null,
      every_ms: row.everyMs ?? null,
      next: next === undefined ? null : isoTime(next),
    })),
  };
}

async function userStatus({ vault, clock, progress, signal }: OperationContext, name: string): Promise<UserStatus> {
  try {
    const repository = await vault.openUser(name, { progress, signal });
    try {
      let snapshots = 0;
      let newest: Snapshot | undefined;
      let success: Snapshot | undefined;
      for await (const snapshot of repository.snapshots.newestFirst()) {
        snapshots++;
        newest ??= snapshot;
        if (snapshot.manifest.status === 'complete') success ??= snapshot;
      }
      const check = await repository.index.checks.lastRound();
      return {
        user_id: name,
        snapshots,
        last_success: success ? briefSnapshot(success) : null,
        last_success_age_ms: success ? Math.max(0, Math.round(clock.now() - success.time)) : null,
        last_snapshot: newest ? briefSnapshot(newest) : null,
        stored_bytes: await vault.stored.ofUser(repository.uid, { signal }),
        last_check: check ? { time: isoTime(check.time), findings: check.findings } : null,
        problems: repository.logProblems.map(errorDocument),
      };
    } finally {
      repository.close();
    }
  } catch (error) {
    if (!isBitacoraError(error) || error.code === 'CANCELLED') throw error;
    const none = {
      last_success: null,
      last_success_age_ms: null,
      last_snapshot: null,
      stored_bytes: 0,
      last_check: null,
    };
    return { user_id: name, snapshots: 0, ...none, problems: [errorDocument(error)] };
  }
}
