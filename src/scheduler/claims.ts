import type { JobAccess } from './job.js';

/** Whose data a job touches, and how. */
export interface Claim {
  readonly user: string | undefined;
  readonly access: JobAccess;
}

/** How many claims there are of each kind. */
export type Counts = Record<JobAccess, number>;

export function noClaims(): Counts {
  return { read: 0, write: 0, exclusive: 0 };
}

/** Whether two claims on the same user may not be used at once: one writer, readers beside it, an exclusive one beside nothing. */
export function clash(a: JobAccess, b: JobAccess): boolean {
  return a === 'exclusive' || b === 'exclusive' || (a === 'write' && b === 'write');
}

/** The same against many. */
export function clashesWithAny(access: JobAccess, others: Counts): boolean {
  if (others.exclusive > 0) return true;
  if (access === 'exclusive') return others.read + others.write > 0;
  return access === 'write' && others.write > 0;
}
