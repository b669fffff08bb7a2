import type { Settings } from '../api/index.js';
import { type Clock, isBitacoraError, type Logger, type Random, systemTimer } from '../base/index.js';
import { type LastRun, type Queue, type ScheduleRow, Timetable } from '../scheduler/index.js';
import type { Vault } from '../vault/index.js';

export interface DaemonTimetable {
  readonly vault: Vault;
  readonly queue: Queue;
  /** Those in force. */
  readonly settings: () => Settings;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** The timetable of the configuration over the vault's users: what was run last is read from their snapshots. */
export function createTimetable(parts: DaemonTimetable): Timetable {
  const { vault, settings, clock, random, logger } = parts;
  const { schedule, timezone } = settings();
  return new Timetable({
    rows: schedule,
    timezone,
    users: () => usersWithSources(vault, settings()),
    lastRun: (user, kind, since) => lastRun(vault, user, kind, since),
    run: (user, kind) => run(parts, user, kind),
    clock,
    timer: systemTimer,
    random,
    logger,
  });
}

async function usersWithSources(vault: Vault, { sources }: Settings): Promise<string[]> {
  const { records } = await vault.users();
  const own = records.filter((record) => record.state === 'active' && record.sources.length > 0);
  return [...new Set([...own.map(({ name }) => name), ...sources.map(({ user }) => user)])];
}

async function lastRun(vault: Vault, user: string, kind: ScheduleRow['kind'], since: number): Promise<LastRun> {
  try {
    const { created } = await vault.findUser(user);
    const repository = await vault.openUser(user);
    try {
      for await (const { time, manifest } of repository.snapshots.newestFirst()) {
        if (time < since) break;
        if (manifest.kind === kind) return { last: time, since: created };
      }
      return { last: undefined, since: created };
    } finally {
      repository.close();
    }
  } catch (error) {
    if (!isBitacoraError(error, 'UNKNOWN_USER')) throw error;
    return { last: undefined, since: undefined };
  }
}

/** One user's backup as a job. It is not kept: what a restart cuts off is missed, and done behind it. */
async function run(
  { queue, settings, logger }: DaemonTimetable,
  user: string,
  kind: ScheduleRow['kind'],
): Promise<void> {
  if (!settings().enabled) return;
  const input = { user_id: user, type: kind, reason: 'schedule' };
  try {
    const request = { operation: 'backup', user, access: 'write', input, durable: false, repeatable: true } as const;
    const { id } = await queue.submit(request);
    await queue.wait(id);
  } catch (error) {
    if (isBitacoraError(error, 'STOPPING')) return;
    logger.error('A backup of the timetable could not be begun.', { user, error: String(error) });
  }
}
