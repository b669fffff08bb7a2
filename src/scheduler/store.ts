import type { BitacoraError } from '../base/index.js';
import type { JobRequest } from './job.js';

/** A durable job as it lies in the vault until it has ended. */
export interface StoredJob extends Omit<JobRequest, 'durable'> {
  readonly id: string;
  readonly submitted: number;
}

/** Where durable jobs are kept. */
export interface JobStore {
  /** Durable when it resolves. */
  add(job: StoredJob): Promise<void>;
  /** Durable when it resolves; one that is not there is fine. */
  remove(id: string): Promise<void>;
  /** In the order of submission, and an error for each that cannot be read, naming the object. */
  list(): Promise<{ readonly jobs: readonly StoredJob[]; readonly damaged: readonly BitacoraError[] }>;
}
