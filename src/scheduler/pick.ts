import { type Claim, Claims } from './claims.js';

export interface QueueLimits {
  /** Jobs that write, exclusive ones among them, at once. */
  readonly writers: number;
  /** Jobs that read at once. */
  readonly readers: number;
}

/**
 * Which of the waiting jobs starts next, or undefined while none may.
 *
 * Of jobs that do not get along the one submitted first goes first, so that nothing waits for ever behind a stream of
 * others. Between users the one who has waited longest since a job of theirs was started is next, so that a thousand jobs
 * of one user keep nobody else waiting for more than one.
 *
 * @param waiting - In the order of submission.
 * @param lastTurn - Rises with each start; 0 for a user who had none.
 */
export function pickNext<T extends Claim>(
  waiting: Iterable<T>,
  running: Iterable<Claim>,
  limits: QueueLimits,
  lastTurn: (user: string | undefined) => number,
): T | undefined {
  const claims = new Claims();
  const room = { writers: limits.writers, readers: limits.readers };
  for (const job of running) {
    claims.add(job);
    room[seat(job)]--;
  }
  let next: T | undefined;
  let turn = Number.POSITIVE_INFINITY;
  for (const job of waiting) {
    const free = room[seat(job)] > 0 && !claims.conflicts(job);
    if (free && lastTurn(job.user) < turn) {
      next = job;
      turn = lastTurn(job.user);
    }
    claims.add(job);
  }
  return next;
}

function seat({ access }: Claim): keyof QueueLimits {
  return access === 'read' ? 'readers' : 'writers';
}
