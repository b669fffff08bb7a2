import type { BitacoraError, Progress } from '../base/index.js';
import type { Priority } from './priority.js';

/** `succeeded`, `failed` and `cancelled` are ends: a job in one of them does not change any more. */
export type JobState = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';

/**
 * How a job gets along with others of the same user: readers run beside each other and beside the one writer, an exclusive
 * job runs alone. A job without a user concerns every user.
 */
export type JobAccess = 'read' | 'write' | 'exclusive';

/** What is asked for. */
export interface JobRequest {
  /** The operation's name in the table of operations: `backup`, `restore`, `scrub`. */
  readonly operation: string;
  /** Undefined: all users. */
  readonly user: string | undefined;
  readonly access: JobAccess;
  /** The operation's input as HTTP has it. Kept with the job, so it must be JSON, and hold no secret. */
  readonly input: Readonly<Record<string, unknown>>;
  /**
   * Whether the job survives the process: it is written into the vault before `submit` resolves and runs again after a
   * restart, at least once. Its operation must therefore do nothing where the job id shows it to be done.
   */
  readonly durable: boolean;
  /**
   * Whether its work may be done again although it was begun: then it is tried again where it failed for a passing reason, and
   * may become durable later (`JobQueue.keep`). A durable job is so in any case.
   */
  readonly repeatable?: boolean;
}

/** Bytes that a job works on beside its input. */
export interface JobBody {
  /** What they are; the operation's own word. */
  readonly type: string;
  /** SHA-256 of them. */
  readonly hash: Uint8Array;
  /** How many of them lie in memory until the job has ended; left out, none: they are read from the vault. */
  readonly held?: number;
  /** May be called again. Throws what reading them from the vault throws. */
  load(): Promise<Uint8Array>;
}

/** A job as it stood at one moment. A later moment is another object with a higher `revision`. */
export interface Job extends JobRequest {
  /** UUIDv7, as `018f4d2e-…`. */
  readonly id: string;
  /** Rises with every change of this job, from 1. */
  readonly revision: number;
  readonly state: JobState;
  /** Milliseconds since 1970, of the first submission where the job was taken up again after a restart. */
  readonly submitted: number;
  readonly started: number | undefined;
  readonly ended: number | undefined;
  /** Whether somebody asked for its end and it has not ended yet. */
  readonly cancelling: boolean;
  readonly progress: Progress | undefined;
  /** The answer's document, of a job that succeeded. */
  readonly result: unknown;
  /** Of a job that failed or was cancelled. */
  readonly error: BitacoraError | undefined;
  /** What went wrong beside the work itself, such as a hook that failed behind it. */
  readonly warnings: readonly string[];
  readonly priority: Priority;
  /** How often it was started in this process. */
  readonly attempts: number;
  /** When it is tried again, of a job that failed for a passing reason. */
  readonly retryAt: number | undefined;
}

/** What a running job is given. */
export interface JobRun {
  readonly job: Job;
  readonly body: JobBody | undefined;
  /** Whether its work may be done already: it was tried before, in this process or in an earlier one. */
  readonly again: boolean;
  /** Aborted when the job is cancelled or the queue's grace is over. */
  readonly signal: AbortSignal;
  /** Cheap to call often: subscribers are told of the newest only. */
  progress(progress: Progress): void;
  warn(message: string): void;
}

/** Does a job's work. What it resolves to is the job's `result`; what it throws, its `error`. */
export type JobWork = (run: JobRun) => Promise<unknown>;

export function hasEnded(job: Pick<Job, 'state'>): boolean {
  return job.state !== 'queued' && job.state !== 'running';
}
