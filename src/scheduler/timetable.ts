import { asBuffer, type Clock, type Logger, type Random, Slices, type Timer } from '../base/index.js';
import { type Recurrence, recurrence, type ScheduleRow } from './schedule.js';

/** What is known of a user's last run. */
export interface LastRun {
  /** The newest one since the moment asked for; undefined if there was none. */
  readonly last: number | undefined;
  /** Since when there is such a user; undefined if there is none yet. */
  readonly since: number | undefined;
}

export interface TimetableOptions {
  readonly rows: readonly ScheduleRow[];
  readonly timezone: string | undefined;
  /** All users that have something to capture. */
  users(): Promise<readonly string[]>;
  /** Looks for runs from `since` on, in what is kept of them: so nothing is lost with the process. */
  lastRun(user: string, kind: ScheduleRow['kind'], since: number): Promise<LastRun>;
  /** Has a user backed up; settles when that has ended, however it did. */
  run(user: string, kind: ScheduleRow['kind']): Promise<void>;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly random: Random;
  readonly logger: Logger;
}

/** A row, and when it runs next. */
export interface UpcomingRun {
  readonly row: ScheduleRow;
  /** Milliseconds since 1970, jitter included; undefined while that is being found out. */
  readonly next: number | undefined;
}

/** A row while it is in force. */
interface Line {
  readonly row: ScheduleRow;
  readonly times: Recurrence;
  /** When each user was last run, as far as was looked. */
  readonly last: Map<string, number>;
  next: number | undefined;
  takeBack: (() => void) | undefined;
}

/** Runs that wait for their end at once: the queue keeps its room for others. */
const ACTIVE_MAX = 16;
/** The clock may be set, and the machine may sleep: no wait is longer. */
const WAIT_MS_MAX = 3_600_000;
/** A row is looked at no more often, nor more than so many times from one run of a user to the next, however many users it has. */
const LOOK_MS_MIN = 60_000;
const LOOKS_MAX = 48;

/** Has users backed up when it is time. Never two runs of one user at once. */
export class Timetable {
  readonly #options: TimetableOptions;
  #lines: Line[] = [];
  readonly #due = new Map<string, ScheduleRow['kind']>();
  readonly #active = new Map<string, Promise<void>>();
  readonly #looking = new Set<Promise<void>>();
  #stopped = false;

  constructor(options: TimetableOptions) {
    this.#options = options;
  }

  /** Looks at what was missed, and waits from then on. */
  start(): void {
    const { rows, timezone } = this.#options;
    this.replace(rows, timezone);
  }

  /** Other rows instead; runs that were begun go on. A row that there was before goes on where it was. */
  replace(rows: readonly ScheduleRow[], timezone: string | undefined): void {
    if (this.#stopped) return;
    const before = new Map(this.#lines.map((line) => [keyOf(line.row), line]));
    for (const line of this.#lines) line.takeBack?.();
    this.#lines = rows.flatMap((row) => this.#lineOf(row, timezone, before.get(keyOf(row))));
    for (const line of this.#lines) this.#look(line);
  }

  upcoming(): UpcomingRun[] {
    return this.#lines.map(({ row, next }) => ({ row, next }));
  }

  /** Begins nothing more, and resolves when no look is under way. Runs that were begun are the queue's. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#due.clear();
    for (const line of this.#lines) line.takeBack?.();
    await Promise.all(this.#looking);
  }

  #lineOf(row: ScheduleRow, timezone: string | undefined, before: Line | undefined): Line[] {
    try {
      const times = recurrence(row, timezone);
      return [{ row, times, last: before?.last ?? new Map(), next: undefined, takeBack: undefined }];
    } catch (error) {
      this.#options.logger.error('A row of the timetable is not run.', { cron: row.cron, error: String(error) });
      return [];
    }
  }

  #look(line: Line): void {
    const looking = this.#lookAt(line)
      .catch((error: unknown) => {
        this.#options.logger.error('Whose turn it is could not be told.', { error: String(error) });
        return undefined;
      })
      .then((next) => {
        this.#looking.delete(looking);
        const { clock, random } = this.#options;
        const now = clock.now();
        const jitter = line.row.jitterMs * (asBuffer(random.bytes(4)).readUInt32BE(0) / 2 ** 32);
        const soonest = now + Math.max(LOOK_MS_MIN, (line.row.everyMs ?? 0) / LOOKS_MAX);
        // As long as the row is nobody's, who comes is found by when it would be their turn.
        const turn = next ?? Math.min(now + WAIT_MS_MAX, line.times.after(now) ?? Number.POSITIVE_INFINITY);
        this.#wait(line, Math.max(turn + jitter, soonest));
      });
    this.#looking.add(looking);
  }

  #wait(line: Line, next: number): void {
    if (this.#stopped || !this.#lines.includes(line)) return;
    line.next = next;
    const { clock, timer } = this.#options;
    const from = clock.now();
    line.takeBack = timer.after(Math.min(next - from, WAIT_MS_MAX), () => {
      const now = clock.now();
      // Earlier than when the wait began: the clock was set back, and what is next must be found out anew.
      if (now < next && now >= from) this.#wait(line, next);
      else this.#look(line);
    });
  }

  /** Has those run whose time has come. @returns when the next one's comes. */
  async #lookAt(line: Line): Promise<number | undefined> {
    const { row, times, last } = line;
    const now = this.#options.clock.now();
    let next: number | undefined;
    const slices = new Slices();
    for (const user of row.users.includes('*') ? await this.#options.users() : row.users) {
      if (this.#stopped || !this.#lines.includes(line)) return undefined;
      if (slices.over) await slices.next();
      const base = await this.#baseOf(line, user, now);
      let due = times.after(base);
      if (due !== undefined && due <= now) {
        last.set(user, now);
        this.#add(user, row.kind);
        due = times.after(now);
      } else last.set(user, base);
      if (due !== undefined) next = Math.min(next ?? due, due);
    }
    this.#startWhatMay();
    return next;
  }

  /** The moment behind which a user's next one lies: of the last run, or the next best. */
  async #baseOf({ row, times, last }: Line, user: string, now: number): Promise<number> {
    const known = last.get(user);
    // A clock that was set back must not keep anybody waiting until it has caught up.
    if (known !== undefined) return Math.min(known, now);
    if (!row.runMissed) return now;
    const since = times.before(now) ?? now;
    const found = await this.#options.lastRun(user, row.kind, since);
    if (found.last !== undefined) return Math.min(found.last, now);
    // Somebody who is not there yet has missed nothing; an interval begins with a run.
    if (found.since === undefined) return row.everyMs === undefined ? now : since - 1;
    return found.since > since ? Math.min(found.since, now) : since - 1;
  }

  #add(user: string, kind: ScheduleRow['kind']): void {
    if (!this.#active.has(user)) this.#due.set(user, kind);
  }

  #startWhatMay(): void {
    for (const [user, kind] of this.#due) {
      if (this.#stopped || this.#active.size >= ACTIVE_MAX) return;
      this.#due.delete(user);
      const run = this.#options.run(user, kind).finally(() => {
        this.#active.delete(user);
        this.#startWhatMay();
      });
      this.#active.set(user, run);
    }
  }
}

function keyOf({ users, cron, everyMs, kind }: ScheduleRow): string {
  return JSON.stringify([users, cron, everyMs, kind]);
}
