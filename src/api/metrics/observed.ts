import { hasEnded, type JobQueue } from '../../scheduler/index.js';
import { BackupAges } from './ages.js';
import type { JobFigures } from './job-figures.js';

/** What is known from watching a queue. */
export interface Observed {
  readonly ages: BackupAges;
  /** Aborted when nobody watches any more; undefined where nobody has begun. */
  signal: AbortSignal | undefined;
}

const watched = new WeakMap<JobQueue, Observed>();

/** What a queue has shown so far; nothing where nobody watches it. */
export function observed(queue: JobQueue): Observed {
  let known = watched.get(queue);
  if (!known) {
    known = { ages: new BackupAges(), signal: undefined };
    watched.set(queue, known);
  }
  return known;
}

/** Watches a queue until `signal` is aborted. Jobs that have ended are counted once each. */
export async function observe(queue: JobQueue, figures: JobFigures, signal: AbortSignal): Promise<void> {
  const known = observed(queue);
  const { ages } = known;
  known.signal = signal;
  for await (const job of queue.followAll({ signal })) {
    if (!hasEnded(job)) continue;
    ages.note(job);
    figures.note(job);
  }
}
