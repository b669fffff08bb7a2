import type { JobAccess } from './job.js';
import type { Rank } from './priority.js';

/** Seats for jobs that run: what is urgent has some of its own, so that it need not wait for long backups to end. */
export type Seat = 'readers' | 'writers' | 'urgent';

/** A job's place in the line-up. */
export interface Ticket<T> {
  readonly job: T;
  readonly user: string | undefined;
  readonly access: JobAccess;
  readonly rank: Rank;
  /** In the order of submission. */
  readonly number: number;
  /** It must not start yet. */
  held: boolean;
  /** While it runs. */
  seat: Seat | undefined;
}
