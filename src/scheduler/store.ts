import type { BitacoraError } from '../base/index.js';
import type { JobBody, JobRequest } from './job.js';

/** A durable job as it lies in the vault until it has ended. */
export interface StoredJob extends Omit<JobRequest, 'durable' | 'repeatable'> {
  readonly id: string;
  readonly submitted: number;
  readonly body?: JobBody | undefined;
}

/** Where durable jobs are kept. */
export interface JobStore {
  /** Durable when it resolves. */
  add(job: StoredJob): Promise<void>;
  /** Durable when it resolves; one that is not there is fine. */
  remove(id: string): Promise<void>;
  /** Removes what an `add` or `remove` that was interrupted has left. For before anything is added. */
  sweep(): Promise<void>;
  /** In the order of submission, and an error for each that cannot be read, naming the object. */
  list(): Promise<{ readonly jobs: readonly StoredJob[]; readonly damaged: readonly BitacoraError[] }>;
}
