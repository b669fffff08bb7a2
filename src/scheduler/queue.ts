import { totalmem } from 'node:os';
import { BitacoraError, type Clock, type Logger, type Random, systemTimer, type Timer } from '../base/index.js';
import { createUuid, formatUuid } from '../snapshot/index.js';
import type { FollowJobOptions, FollowOptions, JobFilter, JobQueue, SubmitOptions } from './contract.js';
import { hasEnded, type Job, type JobRequest, type JobWork } from './job.js';
import { LineUp, type QueueLimits } from './line-up.js';
import { LiveJob, type LiveJobParts } from './live-job.js';
import type { Priority } from './priority.js';
import { retryDelayMs } from './retry.js';
import type { JobStore } from './store.js';
import { Watchers } from './watchers.js';

export interface QueueOptions {
  /** Keeps durable jobs; undefined where there is nothing to survive, and durable jobs are refused. */
  readonly store: JobStore | undefined;
  /** Does the work of jobs that bring none of their own. */
  readonly work: JobWork;
  readonly limits: QueueLimits;
  /** How urgent a job is; all are as `manual` without. */
  readonly priorityOf?: ((request: Pick<JobRequest, 'operation' | 'access' | 'input'>) => Priority) | undefined;
  /** Starts nothing before `resume` is called. */
  readonly paused?: boolean;
  /** Jobs that may wait at once. */
  readonly waitingMax?: number;
  /** Jobs of one user that may wait at once. */
  readonly waitingOfUserMax?: number;
  /** Bytes in memory that came with jobs which have not ended. */
  readonly heldMax?: number;
  /** Jobs that have ended and are still known. */
  readonly endedMax?: number;
  readonly clock: Clock;
  readonly timer?: Timer;
  readonly random: Random;
  readonly logger: Logger;
}

const WAITING_MAX = 10_000;
const WAITING_OF_USER_MAX = 1000;
const HELD_MAX = totalmem() / 4;
const ENDED_MAX = 256;

/** The queue of one program that owns the vault. */
export class Queue implements JobQueue {
  readonly #options: QueueOptions;
  readonly #lineUp: LineUp<LiveJob>;
  readonly #running = new Map<LiveJob, Promise<void>>();
  readonly #jobs = new Map<string, LiveJob>();
  #held = 0;
  /** Those that wait or run, by user. */
  readonly #live = new Map<string | undefined, Set<LiveJob>>();
  readonly #ended: string[] = [];
  readonly #watchers = new Watchers();
  /** Files of jobs that are being written. */
  readonly #storing = new Set<Promise<void>>();
  /** Takes back the second attempts that are due later. */
  readonly #retries = new Map<LiveJob, () => void>();
  #paused: boolean;
  #stopping = false;
  #closed = false;

  private constructor(options: QueueOptions) {
    this.#options = options;
    this.#paused = options.paused ?? false;
    this.#lineUp = new LineUp(options.limits);
  }

  /**
   * Takes up the jobs that an earlier process left, and starts unless it is to be paused.
   *
   * @returns with an error for every stored job that cannot be read; these stay where they are.
   */
  static async open(options: QueueOptions): Promise<{ queue: Queue; damaged: readonly BitacoraError[] }> {
    const queue = new Queue(options);
    await options.store?.sweep();
    const { jobs, damaged } = (await options.store?.list()) ?? { jobs: [], damaged: [] };
    for (const { id, submitted, body, ...request } of jobs) {
      queue.#enter({
        id,
        submitted,
        request: { ...request, durable: true },
        work: options.work,
        body,
        mayBeDone: true,
      });
    }
    queue.#startWhatMay();
    return { queue, damaged };
  }

  /** Starts what may start, of a queue that was opened paused. */
  resume(): void {
    this.#paused = false;
    this.#startWhatMay();
  }

  /** Jobs that run at once, from the next start on. */
  setLimits(limits: QueueLimits): void {
    this.#lineUp.limits = limits;
    this.#startWhatMay();
  }

  async submit(request: JobRequest, { work, body, id: wanted, join }: SubmitOptions = {}): Promise<Job> {
    const { clock, random, store } = this.#options;
    if ((request.durable && !store) || (work && (request.durable || request.repeatable)))
      throw new TypeError('A job with its own work, or without a store, cannot be kept.');
    const joined = this.#joined(request, wanted, join);
    if (joined) return joined;
    this.#checkOpen(request.user, body?.held ?? 0);
    const id = wanted ?? formatUuid(createUuid(clock, random));
    const submitted = clock.now();
    if (request.durable) await this.#store({ ...request, id, submitted, body });
    const mayBeDone = wanted !== undefined;
    const job = this.#enter({ id, submitted, request, work: work ?? this.#options.work, body, mayBeDone });
    const queued = job.now;
    // Where the program began to stop meanwhile: a durable job is safe, another has nobody to run it.
    if (this.#stopping && !request.durable) job.end('cancelled', { error: stopping() });
    this.#startWhatMay();
    return queued;
  }

  #joined(request: JobRequest, id: string | undefined, join: SubmitOptions['join']): Job | undefined {
    const same = id === undefined ? undefined : this.#jobs.get(id)?.now;
    if (same && same.state !== 'failed' && same.state !== 'cancelled') return same;
    return join?.([...(this.#live.get(request.user) ?? [])].map(({ now, body }) => ({ job: now, body })));
  }

  async keep(id: string): Promise<Job> {
    const job = this.#find(id);
    if (job.now.durable || hasEnded(job.now)) return job.now;
    if (!job.now.repeatable || !this.#options.store) throw new TypeError('This job cannot be kept.');
    job.keeping ??= this.#keep(job).finally(() => {
      job.keeping = undefined;
    });
    await job.keeping;
    return job.now;
  }

  async #keep(job: LiveJob): Promise<void> {
    await this.#store({ ...job.now, body: job.body });
    // It may have ended while its file was written, and nobody looks for the file any more.
    if (hasEnded(job.now)) await this.#options.store!.remove(job.id);
    else job.change({ durable: true });
  }

  async #store(job: Parameters<JobStore['add']>[0]): Promise<void> {
    const { id, submitted, operation, user, access, input, body } = job;
    const stored = this.#options.store!.add({ id, submitted, operation, user, access, input, body });
    this.#storing.add(stored);
    try {
      await stored;
    } finally {
      this.#storing.delete(stored);
    }
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
    if (!this.#lineUp.isWaiting(job)) {
      job.abort.abort();
      return job.now;
    }
    // It cannot start any more. Its file is gone before anybody is told that it is cancelled.
    this.#takeOut(job);
    try {
      await job.keeping;
      await this.#forget(job);
    } catch (error) {
      this.#lineUp.add(job);
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
    for (const job of this.#jobs.values()) {
      if (this.#lineUp.isWaiting(job) && !job.now.durable) job.end('cancelled', { error: stopping() });
    }
    for (const takeBack of this.#retries.values()) takeBack();
    this.#retries.clear();
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

  #checkOpen(user: string | undefined, held: number): void {
    if (this.#stopping) throw stopping();
    const { waitingMax = WAITING_MAX, waitingOfUserMax = WAITING_OF_USER_MAX, heldMax = HELD_MAX } = this.#options;
    if (this.#held + held > heldMax) throw full('What came with other jobs fills the memory that there is for it.');
    const waiting = this.#lineUp.waiting + this.#storing.size;
    if (waiting >= waitingMax) throw full(`${waitingMax} jobs are waiting already.`);
    if (this.#lineUp.waitingOf(user) < waitingOfUserMax) return;
    throw full(`${waitingOfUserMax} jobs of ${user === undefined ? 'all users' : `"${user}"`} are waiting already.`);
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

  #enter(parts: Omit<LiveJobParts, 'priority' | 'clock' | 'changed'>): LiveJob {
    const { clock, priorityOf } = this.#options;
    const priority = priorityOf?.(parts.request) ?? 'manual';
    const job = new LiveJob({ ...parts, priority, clock, changed: (changed) => this.#onChange(changed) });
    this.#jobs.set(job.id, job);
    this.#held += job.held;
    const live = this.#live.get(job.user);
    if (live) live.add(job);
    else this.#live.set(job.user, new Set([job]));
    this.#lineUp.add(job);
    this.#watchers.tell(job);
    if (this.#closed) job.close();
    return job;
  }

  #onChange(job: LiveJob): void {
    this.#watchers.tell(job);
    if (!hasEnded(job.now)) return;
    this.#takeOut(job);
    this.#held -= job.held;
    const live = this.#live.get(job.user)!;
    live.delete(job);
    if (live.size === 0) this.#live.delete(job.user);
    this.#ended.push(job.id);
    const { endedMax = ENDED_MAX } = this.#options;
    if (this.#ended.length <= endedMax) return;
    const oldest = this.#ended.shift()!;
    // One of that id may have been taken on anew.
    const known = this.#jobs.get(oldest);
    if (known && hasEnded(known.now)) this.#jobs.delete(oldest);
  }

  #takeOut(job: LiveJob): void {
    this.#lineUp.delete(job);
    this.#retries.get(job)?.();
    this.#retries.delete(job);
  }

  #startWhatMay(): void {
    while (!this.#stopping && !this.#paused) {
      const job = this.#lineUp.next();
      if (!job) return;
      this.#running.set(job, this.#run(job));
    }
  }

  /** Never throws. */
  async #run(job: LiveJob): Promise<void> {
    const { clock, logger } = this.#options;
    const attempts = job.now.attempts + 1;
    job.change({ state: 'running', started: clock.now(), attempts, retryAt: undefined });
    const about = { job: job.id, operation: job.now.operation, user: job.user };
    logger.info('Job started.', about);
    let outcome: { readonly result: unknown } | { readonly error: BitacoraError };
    try {
      const run = {
        job: job.now,
        body: job.body,
        again: job.mayBeDone || attempts > 1,
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
    // A file that is being written must not be left behind; whoever asked for it is told what went wrong with that.
    await job.keeping?.catch(() => undefined);
    // Whatever it threw then: it was stopped in the middle of something that need not have a word for that.
    const stopped = this.#stopping && error !== undefined && job.abort.signal.aborted && !job.now.cancelling;
    if (stopped && job.now.durable) {
      // It stays in the vault and is taken up by the next process.
      this.#lineUp.hold(job);
      job.putBack();
      logger.info('Job put back, to run again after the next start.', about);
      return;
    }
    if (error && !job.abort.signal.aborted && this.#retryLater(job, error)) return;
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

  /** Lets a job wait for another attempt, where that may help. Those behind it that need its user wait, too. */
  #retryLater(job: LiveJob, error: BitacoraError): boolean {
    const { clock, timer = systemTimer, logger } = this.#options;
    const { durable, repeatable, attempts } = job.now;
    const delayMs = durable || repeatable ? retryDelayMs(error, attempts) : undefined;
    if (delayMs === undefined || this.#stopping) return false;
    this.#lineUp.hold(job);
    const { code, message } = error;
    job.warn(`Attempt ${attempts} failed (${code}): ${message} The next is made ${delayMs / 1000} s later.`);
    job.putBack();
    job.change({ retryAt: clock.now() + delayMs });
    logger.warn('A job failed and is tried again.', { job: job.id, user: job.user, code, delayMs });
    const again = timer.after(delayMs, () => {
      this.#retries.delete(job);
      this.#lineUp.release(job);
      this.#startWhatMay();
    });
    this.#retries.set(job, again);
    return true;
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

function full(what: string): BitacoraError {
  return new BitacoraError('QUEUE_FULL', `${what} Try again later.`, { retryable: true });
}

function stopping(): BitacoraError {
  return new BitacoraError('STOPPING', 'The daemon is stopping. Try again when it runs again.', { retryable: true });
}

function cancelled(): BitacoraError {
  return new BitacoraError('CANCELLED', 'Stopped on request; nothing that was safe before is lost.');
}
