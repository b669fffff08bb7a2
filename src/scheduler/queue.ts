import { BitacoraError, type Clock, type Logger, type Random } from '../base/index.js';
import { createUuid, formatUuid } from '../snapshot/index.js';
import type { FollowJobOptions, FollowOptions, JobFilter, JobQueue } from './contract.js';
import { hasEnded, type Job, type JobRequest, type JobWork } from './job.js';
import { LiveJob } from './live-job.js';
import { pickNext, type QueueLimits } from './pick.js';
import type { JobStore } from './store.js';
import { Watchers } from './watchers.js';

export interface QueueOptions {
  /** Keeps durable jobs; undefined where there is nothing to survive, and durable jobs are refused. */
  readonly store: JobStore | undefined;
  /** Does the work of jobs that bring none of their own. */
  readonly work: JobWork;
  readonly limits: QueueLimits;
  /** Starts nothing before `resume` is called. */
  readonly paused?: boolean;
  /** Jobs that may wait at once. */
  readonly waitingMax?: number;
  /** Jobs that have ended and are still known. */
  readonly endedMax?: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

const WAITING_MAX = 10_000;
const ENDED_MAX = 256;

/** The queue of one program that owns the vault. */
export class Queue implements JobQueue {
  readonly #options: QueueOptions;
  readonly #waiting = new Set<LiveJob>();
  readonly #running = new Map<LiveJob, Promise<void>>();
  readonly #jobs = new Map<string, LiveJob>();
  readonly #ended: string[] = [];
  readonly #turns = new Map<string | undefined, number>();
  readonly #watchers = new Watchers();
  /** Files of jobs that are being written. */
  readonly #storing = new Set<Promise<void>>();
  #turn = 0;
  #paused: boolean;
  #stopping = false;
  #closed = false;

  private constructor(options: QueueOptions) {
    this.#options = options;
    this.#paused = options.paused ?? false;
  }

  /**
   * Takes up the jobs that an earlier process left, and starts unless it is to be paused.
   *
   * @returns with an error for every stored job that cannot be read; these stay where they are.
   */
  static async open(options: QueueOptions): Promise<{ queue: Queue; damaged: readonly BitacoraError[] }> {
    const queue = new Queue(options);
    const { jobs, damaged } = (await options.store?.list()) ?? { jobs: [], damaged: [] };
    for (const { id, submitted, ...request } of jobs) {
      queue.#enter(id, submitted, { ...request, durable: true }, options.work);
    }
    queue.#startWhatMay();
    return { queue, damaged };
  }

  /** Starts what may start, of a queue that was opened paused. */
  resume(): void {
    this.#paused = false;
    this.#startWhatMay();
  }

  async submit(request: JobRequest, work?: JobWork): Promise<Job> {
    const { clock, random, store } = this.#options;
    this.#checkOpen();
    if (request.durable && (work || !store))
      throw new TypeError('A job with its own work, or without a store, is not durable.');
    const id = formatUuid(createUuid(clock, random));
    const submitted = clock.now();
    if (request.durable) {
      const { operation, user, access, input } = request;
      const stored = store!.add({ id, submitted, operation, user, access, input });
      this.#storing.add(stored);
      try {
        await stored;
      } finally {
        this.#storing.delete(stored);
      }
    }
    const job = this.#enter(id, submitted, request, work ?? this.#options.work);
    const queued = job.now;
    // Where the program began to stop meanwhile: a durable job is safe, another has nobody to run it.
    if (this.#stopping && !request.durable) job.end('cancelled', { error: stopping() });
    this.#startWhatMay();
    return queued;
  }

  get(id: string): Job {
    return this.#find(id).now;
  }

  list({ user, states }: JobFilter = {}): Job[] {
    const all = [...this.#jobs.values()].map(({ now }) => now);
    return all.filter(
      (job) => (user === undefined || job.user === user) && (states === undefined || states.includes(job.state)),
    );
  }

  async cancel(id: string): Promise<Job> {
    const job = this.#find(id);
    if (hasEnded(job.now) || job.now.cancelling) return job.now;
    job.change({ cancelling: true });
    if (!this.#waiting.has(job)) {
      job.abort.abort();
      return job.now;
    }
    // It cannot start any more. Its file is gone before anybody is told that it is cancelled.
    this.#waiting.delete(job);
    try {
      await this.#forget(job);
    } catch (error) {
      this.#waiting.add(job);
      job.putBack();
      throw error;
    } finally {
      this.#startWhatMay();
    }
    job.end('cancelled', { error: cancelled() });
    return job.now;
  }

  async wait(id: string, { signal }: FollowOptions = {}): Promise<Job> {
    const job = this.#find(id);
    for await (const now of job.follow(job.now.revision, signal)) if (hasEnded(now)) return now;
    return job.now;
  }

  async *follow(id: string, { after = 0, signal }: FollowJobOptions = {}): AsyncGenerator<Job> {
    yield* this.#find(id).follow(after, signal);
  }

  followAll({ signal }: FollowOptions = {}): AsyncGenerator<Job> {
    return this.#watchers.watch(signal);
  }

  /**
   * Takes nothing new on, starts nothing more, and waits for the jobs that run. Once `hurry` is aborted these are stopped, too:
   * durable ones stay in the vault for the next process, the others end as cancelled.
   */
  async stop(hurry: AbortSignal): Promise<void> {
    this.#stopping = true;
    for (const job of [...this.#waiting]) {
      if (job.now.durable) continue;
      job.end('cancelled', { error: stopping() });
    }
    const stopRunning = (): void => {
      for (const job of this.#running.keys()) job.abort.abort();
    };
    if (hurry.aborted) stopRunning();
    else hurry.addEventListener('abort', stopRunning, { once: true });
    await Promise.all(this.#running.values());
    hurry.removeEventListener('abort', stopRunning);
    await Promise.allSettled(this.#storing);
    this.#closed = true;
    for (const job of this.#jobs.values()) job.close();
    this.#watchers.close();
  }

  #checkOpen(): void {
    if (this.#stopping) throw stopping();
    const { waitingMax = WAITING_MAX } = this.#options;
    if (this.#waiting.size + this.#storing.size < waitingMax) return;
    throw new BitacoraError('QUEUE_FULL', `${waitingMax} jobs are waiting already. Try again later.`, {
      retryable: true,
    });
  }

  #find(id: string): LiveJob {
    const job = this.#jobs.get(id);
    if (job) return job;
    throw new BitacoraError(
      'UNKNOWN_JOB',
      `There is no job "${id}", or it ended too long ago, or before the daemon was started. \`bitacora jobs\` shows those there are.`,
      { details: { job: id } },
    );
  }

  #enter(id: string, submitted: number, request: JobRequest, work: JobWork): LiveJob {
    const { clock } = this.#options;
    const job = new LiveJob({ id, submitted, request, work, clock, changed: (job) => this.#onChange(job) });
    this.#jobs.set(id, job);
    this.#waiting.add(job);
    this.#watchers.tell(job);
    if (this.#closed) job.close();
    return job;
  }

  #onChange(job: LiveJob): void {
    this.#watchers.tell(job);
    if (!hasEnded(job.now)) return;
    this.#waiting.delete(job);
    this.#ended.push(job.id);
    const { endedMax = ENDED_MAX } = this.#options;
    if (this.#ended.length > endedMax) this.#jobs.delete(this.#ended.shift()!);
  }

  #startWhatMay(): void {
    while (!this.#stopping && !this.#paused) {
      const { limits } = this.#options;
      const job = pickNext(this.#waiting, this.#running.keys(), limits, (user) => this.#turns.get(user) ?? 0);
      if (!job) return;
      this.#waiting.delete(job);
      this.#turns.set(job.user, ++this.#turn);
      this.#running.set(job, this.#run(job));
    }
  }

  /** Never throws. */
  async #run(job: LiveJob): Promise<void> {
    const { clock, logger } = this.#options;
    job.change({ state: 'running', started: clock.now() });
    const about = { job: job.id, operation: job.now.operation, user: job.user };
    logger.info('Job started.', about);
    let outcome: { readonly result: unknown } | { readonly error: BitacoraError };
    try {
      const run = {
        job: job.now,
        signal: job.abort.signal,
        progress: job.progress.bind(job),
        warn: (message: string) => {
          logger.warn(message, about);
          job.warn(message);
        },
      };
      outcome = { result: await job.work(run) };
    } catch (error) {
      outcome = { error: this.#explain(error, job) };
    }
    this.#running.delete(job);
    await this.#finish(job, outcome);
    this.#startWhatMay();
  }

  async #finish(
    job: LiveJob,
    outcome: { readonly result: unknown } | { readonly error: BitacoraError },
  ): Promise<void> {
    const { logger } = this.#options;
    const about = { job: job.id, operation: job.now.operation, user: job.user };
    const error = 'error' in outcome ? outcome.error : undefined;
    // Whatever it threw then: it was stopped in the middle of something that need not have a word for that.
    const stopped = this.#stopping && error !== undefined && job.abort.signal.aborted && !job.now.cancelling;
    if (stopped && job.now.durable) {
      // It stays in the vault and is taken up by the next process.
      job.putBack();
      logger.info('Job put back, to run again after the next start.', about);
      return;
    }
    try {
      await this.#forget(job);
    } catch (cause) {
      // It has ended all the same. Should it be taken up again, its operation finds that it is done.
      logger.error('The file of a job that has ended could not be removed.', { ...about, error: String(cause) });
    }
    if (!error) job.end('succeeded', outcome);
    else if (stopped) job.end('cancelled', { error: stopping() });
    else job.end(error.code === 'CANCELLED' ? 'cancelled' : 'failed', { error });
    logger.info('Job ended.', { ...about, state: job.now.state, code: error?.code });
  }

  #explain(error: unknown, job: LiveJob): BitacoraError {
    if (error instanceof BitacoraError) return error;
    if (job.abort.signal.aborted && error === job.abort.signal.reason) return cancelled();
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#options.logger.error('A job failed through a fault in the program.', { job: job.id, error: text });
    const message = `Something went wrong inside the program: ${error instanceof Error ? error.message : String(error)}`;
    return new BitacoraError('INTERNAL', message, { cause: error });
  }

  async #forget(job: LiveJob): Promise<void> {
    if (job.now.durable) await this.#options.store!.remove(job.id);
  }
}

function stopping(): BitacoraError {
  return new BitacoraError('STOPPING', 'The daemon is stopping. Try again when it runs again.', { retryable: true });
}

function cancelled(): BitacoraError {
  return new BitacoraError('CANCELLED', 'Stopped on request; nothing that was safe before is lost.');
}
