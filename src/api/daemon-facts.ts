import type { JobQueue, UpcomingRun } from '../scheduler/index.js';

/** What only a daemon knows and has: its jobs above all. */
export interface DaemonFacts {
  readonly queue: JobQueue;
  readonly pid: number;
  /** Milliseconds since 1970. */
  readonly started: number;
  readonly socket: string;
  /** Absolute; undefined without a configuration file. */
  readonly configFile: string | undefined;
  /** The rows of the timetable, and when each runs next. */
  upcoming(): readonly UpcomingRun[];
  /** What the operator should know: settings that do nothing yet, job files that cannot be read. */
  readonly problems: readonly string[];
}
