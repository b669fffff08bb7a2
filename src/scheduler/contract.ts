import type { Job, JobBody, JobRequest, JobState, JobWork } from './job.js';

export interface JobFilter {
  readonly user?: string | undefined;
  readonly states?: readonly JobState[] | undefined;
}

export interface FollowOptions {
  /** Ends the iteration; nothing is thrown. */
  readonly signal?: AbortSignal | undefined;
}

export interface FollowJobOptions extends FollowOptions {
  /** A revision already seen. Nothing up to it is told again, save the end. */
  readonly after?: number | undefined;
}

/** A job that waits or runs, with the bytes that came with it. */
export interface LiveJobView {
  readonly job: Job;
  readonly body: JobBody | undefined;
}

export interface SubmitOptions {
  /**
   * Instead of the queue's own runner, for what cannot be told in JSON, such as a body that is being uploaded. Only for jobs that are
   * neither durable nor repeatable.
   */
  readonly work?: JobWork | undefined;
  /** Bytes that the work is given. */
  readonly body?: JobBody | undefined;
  /** A UUIDv7 instead of a fresh one. A job of that id that waits, runs or has succeeded is taken for this one. */
  readonly id?: string | undefined;
  /**
   * Shown the jobs of the same user that wait or run, in the order of submission, before anything is taken on: gives the one whose
   * result is this one's, too. What it throws, `submit` throws.
   */
  readonly join?: ((live: readonly LiveJobView[]) => Job | undefined) | undefined;
}

/** Jobs: taken on, run as limits and fairness allow, watched, cancelled, remembered for a while. */
export interface JobQueue {
  /**
   * Takes a job on. When this resolves, the job is acknowledged: it is in `list`, and where it is `durable`, it is in the vault.
   *
   * @returns The job, queued; it may have started already by the time the caller looks. Or the one that it joins.
   * @throws {BitacoraError} `STOPPING` while the program stops; `QUEUE_FULL`; for a durable one what the vault's `put` throws.
   */
  submit(request: JobRequest, options?: SubmitOptions): Promise<Job>;

  /**
   * Makes a repeatable job durable: when this resolves it has ended, or is in the vault with the bytes that came with it.
   *
   * @throws {BitacoraError} `UNKNOWN_JOB`; what the vault's `put` throws.
   */
  keep(id: string): Promise<Job>;

  /** Queued, running, and those that ended lately. @throws {BitacoraError} `UNKNOWN_JOB`. */
  get(id: string): Job;

  /** In the order of submission. */
  list(filter?: JobFilter): Job[];

  /**
   * Asks for a job's end: a queued job is cancelled at once, a running one as soon as its work gives up. Of a job that has
   * ended nothing changes.
   *
   * @returns The job; `cancelling` where it has not ended yet. Wait for its end with `wait`.
   * @throws {BitacoraError} `UNKNOWN_JOB`.
   */
  cancel(id: string): Promise<Job>;

  /**
   * Resolves with the job once it has ended, or as it stands once `signal` is aborted: look at its `state`. Never throws for what
   * became of the job.
   *
   * @throws {BitacoraError} `UNKNOWN_JOB`.
   */
  wait(id: string, options?: FollowOptions): Promise<Job>;

  /**
   * The job as it stands and then whenever it has changed; its end is the last. A reader that is slow is given the newest
   * state only, so that nothing piles up.
   *
   * @throws {BitacoraError} `UNKNOWN_JOB`, at the first step.
   */
  follow(id: string, options?: FollowJobOptions): AsyncIterable<Job>;

  /** Every job as it changes from here on, the newest state of each only, until the queue is closed or `signal` is aborted. */
  followAll(options?: FollowOptions): AsyncIterable<Job>;
}
