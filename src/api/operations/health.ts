import { formatTime } from '../../base/index.js';
import type { JobQueue } from '../../scheduler/index.js';
import { type FreeSpace, freeSpace } from '../../vault/index.js';
import type { HealthAnswer, HealthCheck } from '../contract/health.js';
import { BackupAges } from '../metrics/ages.js';
import { observed } from '../metrics/observed.js';
import type { OperationContext } from '../operation.js';
import { upkeepChecks } from '../upkeep-checks.js';
import { spaceProblems } from './status.js';

/** From so many jobs on that wait something is slow. */
const WAITING_MANY = 1000;
const USERS_NAMED = 5;
/** With less nothing can be kept, small as it may be. */
const USABLE_BYTES_LEAST = 1 << 20;
/** Longest that the logs of users are waited for, by whoever can ask again, and by a command that asks once. */
const SCAN_WAIT_MS = 50;
const SCAN_WAIT_ONCE_MS = 2000;

/** Whether everything works as it should: a word, and for administrators what it comes of. */
export async function health(context: OperationContext): Promise<HealthAnswer> {
  const { caller } = context;
  const space = await freeSpace(context.vault.path);
  const checks = [
    vaultCheck(context.vault, space),
    spaceCheck(space),
    copyCheck(context),
    ...(context.daemon ? [queueCheck(context.daemon.queue)] : []),
    ...(await upkeepChecks(context)),
    await backupsCheck(context),
  ];
  const status =
    (['failing', 'degraded'] as const).find((word) => checks.some((check) => check.status === word)) ?? 'ok';
  return caller.has('admin', undefined) ? { status, checks } : { status };
}

/** Whether the vault can be written: as it was opened, and as there is room. */
export function vaultCheck(
  vault: Pick<OperationContext['vault'], 'path' | 'readOnly'>,
  space: Pick<FreeSpace, 'usableBytes'> | undefined,
): HealthCheck {
  if (vault.readOnly)
    return { name: 'vault', status: 'failing', message: `The vault "${vault.path}" cannot be written.` };
  if (space && space.usableBytes < USABLE_BYTES_LEAST) {
    const message = `The vault "${vault.path}" cannot be written: its file system is full. Free some space, or forget and prune snapshots.`;
    return { name: 'vault', status: 'failing', message };
  }
  return { name: 'vault', status: 'ok', message: 'The vault can be written.' };
}

function spaceCheck(space: FreeSpace | undefined): HealthCheck {
  const [problem] = spaceProblems(space);
  if (problem) return { name: 'space', status: 'degraded', message: problem.message };
  const percent = space && Math.floor((100 * space.freeBytes) / space.totalBytes);
  const message =
    percent === undefined ? 'How much is free cannot be told.' : `${percent} % of the file system is free.`;
  return { name: 'space', status: 'ok', message };
}

function copyCheck({ settings }: OperationContext): HealthCheck {
  const { missingCopy } = settings;
  return missingCopy === undefined
    ? { name: 'copy', status: 'ok', message: 'No copy that is configured is missing.' }
    : { name: 'copy', status: 'degraded', message: missingCopy };
}

function queueCheck(queue: JobQueue): HealthCheck {
  const waiting = queue.list({ states: ['queued'] }).length;
  const message = `${waiting} ${waiting === 1 ? 'job waits' : 'jobs wait'}.`;
  return { name: 'queue', status: waiting >= WAITING_MANY ? 'degraded' : 'ok', message };
}

async function backupsCheck({ daemon, vault, logger, signal, atEnd }: OperationContext): Promise<HealthCheck> {
  const watched = daemon && observed(daemon.queue);
  const ages = watched?.ages ?? new BackupAges();
  const ended = new AbortController();
  atEnd(() => ended.abort());
  // In a daemon it is everybody's, and does not end with the call for which it was begun.
  const until = watched?.signal ?? AbortSignal.any([signal, ended.signal]);
  await ages.scan(vault, logger, watched ? SCAN_WAIT_MS : SCAN_WAIT_ONCE_MS, until);
  return judgeAges(ages);
}

function judgeAges(ages: BackupAges): HealthCheck {
  const all = ages.list();
  const failing = all.filter(([, age]) => age.failing).map(([user]) => user);
  if (failing.length > 0) {
    const names = failing.slice(0, USERS_NAMED).join(', ');
    const more = failing.length > USERS_NAMED ? ` and ${failing.length - USERS_NAMED} more` : '';
    const message = `What was tried last for ${names}${more} failed or was not whole.`;
    return { name: 'backups', status: 'degraded', message };
  }
  const never = all.filter(([, { success }]) => success === undefined).length;
  const oldest = all.find(([, { success }]) => success !== undefined)?.[1].success;
  const since =
    oldest === undefined ? '' : ` The newest complete snapshot of whoever waits longest is of ${formatTime(oldest)}.`;
  const rest = ages.complete ? '' : ' Others are looked at once they have been backed up.';
  const message = `${all.length} users are looked at, ${never} of them have no complete snapshot.${since}${rest}`;
  if (ages.scanned) return { name: 'backups', status: 'ok', message };
  return { name: 'backups', status: 'unknown', message: `The users are still being looked at. So far: ${message}` };
}
