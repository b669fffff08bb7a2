import type { JobAccess } from './job.js';

/** Whose data a job touches, and how. */
export interface Claim {
  readonly user: string | undefined;
  readonly access: JobAccess;
}

type Counts = Record<JobAccess, number>;

const none = (): Counts => ({ read: 0, write: 0, exclusive: 0 });

/** Who has claimed what: tells in one look whether another claim gets along with all of them. */
export class Claims {
  readonly #ofUsers = new Map<string, Counts>();
  /** Claims on every user at once. */
  readonly #ofAll = none();
  readonly #total = none();

  add(claim: Claim): void {
    this.#counts(claim.user)[claim.access]++;
    this.#total[claim.access]++;
  }

  conflicts({ user, access }: Claim): boolean {
    if (user === undefined) return clash(access, this.#total);
    const own = this.#ofUsers.get(user);
    return clash(access, this.#ofAll) || (own !== undefined && clash(access, own));
  }

  #counts(user: string | undefined): Counts {
    if (user === undefined) return this.#ofAll;
    let counts = this.#ofUsers.get(user);
    if (!counts) {
      counts = none();
      this.#ofUsers.set(user, counts);
    }
    return counts;
  }
}

/** One writer, readers beside it, and an exclusive job beside nothing. */
function clash(access: JobAccess, others: Counts): boolean {
  if (others.exclusive > 0) return true;
  if (access === 'exclusive') return others.read + others.write > 0;
  return access === 'write' && others.write > 0;
}
