import { clash, clashesWithAny, noClaims } from './claims.js';
import type { JobAccess } from './job.js';
import { PRIORITIES, type Rank } from './priority.js';
import type { Ticket } from './ticket.js';

/** Readers and the others do not wait for each other's seats. */
export type Side = 'readers' | 'writers';

export function sideOf(access: JobAccess): Side {
  return access === 'read' ? 'readers' : 'writers';
}

/** The waiting and running jobs of one user. Those that do not get along run in the order of submission. */
export class Lane<T> {
  readonly running = noClaims();
  /** The ranks under which it stands in the line-up, and since when; undefined while it may not start anything. */
  readonly standing: Record<Side, { readonly rank: Rank; readonly since: number } | undefined> = {
    readers: undefined,
    writers: undefined,
  };
  #waiting: Record<JobAccess, Set<Ticket<T>>> = { read: new Set(), write: new Set(), exclusive: new Set() };
  /** Of each side, how many wait of each rank. */
  readonly #ranks: Record<Side, number[]> = { readers: PRIORITIES.map(() => 0), writers: PRIORITIES.map(() => 0) };

  get isEmpty(): boolean {
    const { read, write, exclusive } = this.#waiting;
    const { running } = this;
    return read.size + write.size + exclusive.size + running.read + running.write + running.exclusive === 0;
  }

  get waiting(): number {
    const { read, write, exclusive } = this.#waiting;
    return read.size + write.size + exclusive.size;
  }

  add(ticket: Ticket<T>): void {
    this.#waiting[ticket.access].add(ticket);
    this.#ranks[sideOf(ticket.access)][ticket.rank]!++;
  }

  /** Puts one back that had been taken, to where it stood. */
  restore(ticket: Ticket<T>): void {
    const rest = this.#waiting[ticket.access];
    this.#waiting[ticket.access] = new Set([...rest, ticket].sort((a, b) => a.number - b.number));
    this.#ranks[sideOf(ticket.access)][ticket.rank]!++;
  }

  delete(ticket: Ticket<T>): void {
    if (this.#waiting[ticket.access].delete(ticket)) this.#ranks[sideOf(ticket.access)][ticket.rank]!--;
  }

  /** What may start on that side as far as this user is concerned. One that is held keeps those behind it waiting. */
  head(side: Side): Ticket<T> | undefined {
    const { read, write, exclusive } = this.#waiting;
    const [alone] = exclusive;
    const [first] = side === 'readers' ? read : write;
    const head = side === 'writers' && alone && (!first || alone.number < first.number) ? alone : first;
    if (!head || head.held || clashesWithAny(head.access, this.running)) return undefined;
    for (const access of ['read', 'write', 'exclusive'] as const) {
      const [earlier] = this.#waiting[access];
      if (earlier && earlier.number < head.number && clash(access, head.access)) return undefined;
    }
    return head;
  }

  /** Of the most urgent that wait on that side: whoever stands before them goes first, and so as quickly. */
  rank(side: Side): Rank {
    return this.#ranks[side].findIndex((count) => count > 0);
  }
}
