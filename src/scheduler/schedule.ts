import { Cron } from 'croner';
import { BitacoraError } from '../base/index.js';

/** A line of the timetable. */
export interface ScheduleRow {
  /** User ids, or `['*']` for all that have something to capture. */
  readonly users: readonly string[];
  /** Either one: a cron expression, */
  readonly cron: string | undefined;
  /** or the time from one run to the next. */
  readonly everyMs: number | undefined;
  readonly kind: 'periodic' | 'manual' | 'critical';
  /** Each run begins up to so much later, at random. */
  readonly jitterMs: number;
  /** Whether what was missed while nothing ran is done at the start, once. */
  readonly runMissed: boolean;
}

/** When something is due: moments are milliseconds since 1970. */
export interface Recurrence {
  /** The first moment behind `time`; undefined where there is none any more. */
  after(time: number): number | undefined;
  /** The last moment up to `time`. */
  before(time: number): number | undefined;
}

/**
 * The moments that a row names.
 *
 * @param timezone - Of the time zone database, for cron expressions; undefined: the system's.
 * @throws {BitacoraError} `CONFIG` for a cron expression that is none.
 */
export function recurrence({ cron, everyMs }: ScheduleRow, timezone: string | undefined): Recurrence {
  if (everyMs !== undefined) return { after: (time) => time + everyMs, before: (time) => time - everyMs };
  const job = parseCron(cron ?? '', timezone);
  return {
    after: (time) => job.nextRun(new Date(time))?.getTime(),
    // Of the second that it is given the library counts what lies before; a moment that is `time` itself counts here.
    before: (time) => job.previousRuns(1, new Date(Math.floor(time / 1000) * 1000 + 1))[0]?.getTime(),
  };
}

/** What is wrong with a cron expression; undefined if nothing is. */
export function cronProblem(expression: string): string | undefined {
  try {
    const next = parseCron(expression, 'UTC').nextRun(new Date(0));
    return next ? undefined : 'it names no moment that ever comes';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function parseCron(expression: string, timezone: string | undefined): Cron {
  try {
    return new Cron(expression, { paused: true, ...(timezone === undefined ? {} : { timezone }) });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BitacoraError('CONFIG', `"${expression}" is no cron expression: ${why}`, { cause });
  }
}
