import type { OpenUser } from './open-user.js';

/** Packs of all users that rest: what memory holds of each is some hundred bytes. */
const PACKS_MOST = 100_000;

/** How long after its opening a user is opened anew, so that the vault itself is looked at again. */
const REST_MS = 300_000;

/**
 * Users that nobody has open at the moment and that stay as they are, so that the next snapshot of the same user opens nothing. Only for a
 * vault that nobody else writes to. The oldest go first.
 */
export class RestingUsers {
  readonly #most: number;
  readonly #users = new Map<string, OpenUser>();
  #packs = 0;

  /** @param most - How many may rest; 0 for none. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Whether a user of whom nobody has anything open any more may rest: all is known of it, and nothing is in doubt. */
  mayRest({ opened, mayRest }: OpenUser): boolean {
    if (this.#most === 0 || !opened || !mayRest) return false;
    const { index, log, refreshed } = opened;
    return !index.distrusted && !log.unsure && refreshed.logProblems.length === 0;
  }

  /** @returns those that must be closed for it, by key. */
  add(key: string, user: OpenUser, now: number): [key: string, user: OpenUser][] {
    const leaving: [string, OpenUser][] = [];
    this.#users.set(key, user);
    this.#packs += packsOf(user);
    for (const [oldKey, old] of this.#users) {
      const full = this.#users.size > this.#most || this.#packs > PACKS_MOST;
      if (!full && now - old.since < REST_MS) continue;
      this.#take(oldKey, old);
      leaving.push([oldKey, old]);
    }
    return leaving;
  }

  /** Wakes a user; false where it does not rest. */
  take(key: string, user: OpenUser): boolean {
    if (this.#users.get(key) !== user) return false;
    this.#take(key, user);
    return true;
  }

  /** Whether a user that rests has done so for too long. */
  isStale({ since }: OpenUser, now: number): boolean {
    return now - since >= REST_MS;
  }

  /** All of them, which must be closed. */
  takeAll(): [key: string, user: OpenUser][] {
    const all = [...this.#users];
    this.#users.clear();
    this.#packs = 0;
    return all;
  }

  #take(key: string, user: OpenUser): void {
    this.#users.delete(key);
    this.#packs -= packsOf(user);
  }
}

/** Does not change while the user rests. */
function packsOf({ opened }: OpenUser): number {
  return opened?.index.packNames().length ?? 0;
}
