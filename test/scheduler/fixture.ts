import type { Test } from 'tap';
import { BitacoraError, silentLogger, systemRandom } from '../../src/base/index.js';
import {
  type Job,
  type JobRequest,
  type JobRun,
  type JobStore,
  Queue,
  type QueueOptions,
  type StoredJob,
} from '../../src/scheduler/index.js';
import { steppingClock } from '../vault/fixture.js';

/** A job's work that the test ends when it likes. */
export interface Held {
  readonly run: JobRun;
  readonly label: string;
  succeed(result?: unknown): void;
  fail(error: unknown): void;
}

/** Work that waits for the test. Jobs are told apart by `label` in their input. */
export class Stage {
  readonly started: Held[] = [];
  readonly #wanted: { count: number; go: () => void }[] = [];

  /** What the queue calls. Gives up as soon as it is asked to. */
  readonly work = (run: JobRun): Promise<unknown> =>
    new Promise((succeed, fail) => {
      const giveUp = () => fail(new BitacoraError('CANCELLED', 'Stopped on request.'));
      if (run.signal.aborted) giveUp();
      run.signal.addEventListener('abort', giveUp);
      this.started.push({ run, label: String(run.job.input.label), succeed, fail });
      for (const wanted of this.#wanted.filter(({ count }) => count <= this.started.length)) wanted.go();
    });

  get labels(): string[] {
    return this.started.map(({ label }) => label);
  }

  held(label: string): Held {
    return this.started.find((held) => held.label === label)!;
  }

  /** Resolves once so many have been started in all. */
  async until(count: number): Promise<void> {
    if (this.started.length < count) await new Promise<void>((go) => this.#wanted.push({ count, go }));
  }
}

/** A store in memory; `fail` is thrown by the next call. */
export class MemoryJobStore implements JobStore {
  readonly jobs = new Map<string, StoredJob>();
  damaged: BitacoraError[] = [];
  fail: Error | undefined;

  async add(job: StoredJob): Promise<void> {
    this.#check();
    this.jobs.set(job.id, job);
  }

  async remove(id: string): Promise<void> {
    this.#check();
    this.jobs.delete(id);
  }

  async sweep(): Promise<void> {}

  async list(): Promise<{ jobs: StoredJob[]; damaged: BitacoraError[] }> {
    return { jobs: [...this.jobs.values()], damaged: this.damaged };
  }

  #check(): void {
    const { fail } = this;
    this.fail = undefined;
    if (fail) throw fail;
  }
}

export interface Opened {
  readonly queue: Queue;
  readonly stage: Stage;
  readonly store: MemoryJobStore;
  readonly damaged: readonly BitacoraError[];
}

/** An open queue, stopped at the test's end. */
export async function openQueue(
  t: Test,
  more: Partial<QueueOptions> = {},
  store = new MemoryJobStore(),
): Promise<Opened> {
  const stage = new Stage();
  const { queue, damaged } = await Queue.open({
    store,
    work: stage.work,
    limits: { writers: 2, readers: 2, urgent: 0 },
    clock: steppingClock(),
    random: systemRandom,
    logger: silentLogger,
    ...more,
  });
  t.teardown(() => queue.stop(AbortSignal.abort()));
  return { queue, stage, store, damaged };
}

export function request(label: string, user: string | undefined, more: Partial<JobRequest> = {}): JobRequest {
  return { operation: 'backup', user, access: 'write', input: { label }, durable: false, ...more };
}

export function states(jobs: Iterable<Job>): string[] {
  return [...jobs].map(({ input, state }) => `${input.label} ${state}`);
}
