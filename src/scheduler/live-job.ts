import type { BitacoraError, Clock, Progress } from '../base/index.js';
import { Bell } from './bell.js';
import { hasEnded, type Job, type JobBody, type JobRequest, type JobWork } from './job.js';
import type { Priority } from './priority.js';

/** Progress is told to followers no more often than this. */
const PROGRESS_INTERVAL_MS = 100;

/** What changes in a job. */
type Changing = Partial<
  Pick<
    Job,
    | 'state'
    | 'started'
    | 'ended'
    | 'cancelling'
    | 'result'
    | 'error'
    | 'warnings'
    | 'durable'
    | 'attempts'
    | 'retryAt'
    | 'progress'
  >
>;

export interface LiveJobParts {
  readonly id: string;
  readonly submitted: number;
  readonly request: JobRequest;
  readonly priority: Priority;
  readonly body: JobBody | undefined;
  readonly mayBeDone: boolean;
  readonly work: JobWork;
  readonly clock: Clock;
  /** Called after every change that followers are told of. */
  changed(job: LiveJob): void;
}

/** A job while it changes. What others see of it are the objects in `now`, none of which ever changes. */
export class LiveJob {
  readonly id: string;
  readonly user: string | undefined;
  readonly access: Job['access'];
  readonly priority: Priority;
  /** Whether an earlier process may have done its work. */
  readonly mayBeDone: boolean;
  readonly work: JobWork;
  /** `JobBody.held`. */
  readonly held: number;
  /** The writing of its file, of one that became durable later. */
  keeping: Promise<void> | undefined;
  readonly abort = new AbortController();
  readonly #clock: Clock;
  readonly #changed: (job: LiveJob) => void;
  readonly #bell = new Bell();
  #now: Job;
  #body: JobBody | undefined;
  #closed = false;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(parts: LiveJobParts) {
    const { id, submitted, request, priority, body, mayBeDone, work, clock, changed } = parts;
    this.id = id;
    this.user = request.user;
    this.access = request.access;
    this.priority = priority;
    this.mayBeDone = mayBeDone;
    this.work = work;
    this.#body = body;
    this.held = body?.held ?? 0;
    this.#clock = clock;
    this.#changed = changed;
    this.#now = {
      ...request,
      id,
      revision: 1,
      state: 'queued',
      submitted,
      started: undefined,
      ended: undefined,
      cancelling: false,
      progress: undefined,
      result: undefined,
      error: undefined,
      warnings: [],
      priority,
      attempts: 0,
      retryAt: undefined,
    };
  }

  get now(): Job {
    return this.#now;
  }

  /** Undefined once the job has ended. */
  get body(): JobBody | undefined {
    return this.#body;
  }

  change(change: Changing): void {
    this.#now = { ...this.#now, ...change };
    this.#tell();
  }

  /** The job does not run any more and waits again, for another process to take it up. */
  putBack(): void {
    this.change({ state: 'queued', started: undefined, cancelling: false, progress: undefined });
  }

  end(state: 'succeeded' | 'failed' | 'cancelled', outcome: { result?: unknown; error?: BitacoraError }): void {
    // It may be large, and ended jobs are remembered for a while.
    this.#body = undefined;
    this.change({ ...outcome, state, ended: this.#clock.now(), cancelling: false, retryAt: undefined });
  }

  progress(progress: Progress): void {
    const moved = progress.phase !== this.#now.progress?.phase;
    this.#now = { ...this.#now, progress };
    if (moved || this.#clock.monotonic() - this.#toldAt >= PROGRESS_INTERVAL_MS) this.#tell();
  }

  warn(message: string): void {
    this.change({ warnings: [...this.#now.warnings, message] });
  }

  /** Ends every follower. */
  close(): void {
    this.#closed = true;
    this.#bell.ring();
  }

  /** See `JobQueue.follow`. */
  async *follow(after: number, signal: AbortSignal | undefined): AsyncGenerator<Job> {
    let seen = after;
    while (!this.#closed && !signal?.aborted) {
      const job = this.#now;
      if (job.revision > seen || hasEnded(job)) yield job;
      seen = job.revision;
      if (hasEnded(job)) return;
      if (this.#now.revision === seen && !this.#closed) await this.#bell.wait(signal);
    }
  }

  #tell(): void {
    this.#toldAt = this.#clock.monotonic();
    this.#now = { ...this.#now, revision: this.#now.revision + 1 };
    this.#bell.ring();
    this.#changed(this);
  }
}
