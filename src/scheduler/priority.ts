/** Who goes first where not all can: the more urgent first. A job without a word for it is as `manual`. */
export const PRIORITIES = ['critical', 'session_end', 'manual', 'periodic'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** The place in `PRIORITIES`; lower is more urgent. */
export type Rank = number;

export function rankOf(priority: Priority): Rank {
  return PRIORITIES.indexOf(priority);
}

/** Whether a job of that rank may take the seats that are kept for what somebody waits for. */
export function isUrgent(rank: Rank): boolean {
  return rank <= rankOf('session_end');
}
