import { type Claim, clash, clashesWithAny, noClaims } from './claims.js';
import type { JobAccess } from './job.js';
import { Lane, type Side, sideOf } from './lane.js';
import { isUrgent, PRIORITIES, type Priority, type Rank, rankOf } from './priority.js';
import type { Seat, Ticket } from './ticket.js';

export interface QueueLimits {
  /** Jobs that write, exclusive ones among them, at once. */
  readonly writers: number;
  /** Jobs that read at once. */
  readonly readers: number;
  /** Critical backups and ends of sessions at once, besides those that have a writer's seat. */
  readonly urgent: number;
}

/** A job, as far as its turn is concerned. */
export interface Waiter extends Claim {
  readonly priority: Priority;
}

/** After so many starts that went before one who had waited longer, the one who has waited longest is next. */
const PASSED_MAX = 7;

/**
 * Who runs and who waits, and which is next. Choosing takes the same time however many wait.
 *
 * Jobs of one user that do not get along run in the order of submission, and those in front of an urgent one are as urgent as it.
 * Of the users who could start something the one with the most urgent goes first, among equals the one who has stood
 * there longest: so each gets a turn before anybody gets two, and a thousand jobs of one user keep nobody else waiting. So that
 * nobody waits for ever behind more urgent ones, every eighth turn is of who has waited longest whatever it is.
 */
export class LineUp<T extends Waiter> {
  readonly #tickets = new Map<T, Ticket<T>>();
  readonly #lanes = new Map<string, Lane<T>>();
  /** Jobs of every user at once; few. */
  readonly #everyone = new Set<Ticket<T>>();
  /** All that wait, in the order of submission. */
  #waiting: Record<JobAccess, Set<Ticket<T>>> = { read: new Set(), write: new Set(), exclusive: new Set() };
  readonly #running = new Set<Ticket<T>>();
  readonly #runningOfEveryone = noClaims();
  readonly #runningInAll = noClaims();
  readonly #taken: Record<Seat, number> = { readers: 0, writers: 0, urgent: 0 };
  /** Lanes that could start something, by rank, those that stand there longest first. */
  readonly #standing: Record<Side, Set<Lane<T>>[]> = {
    readers: PRIORITIES.map(() => new Set<Lane<T>>()),
    writers: PRIORITIES.map(() => new Set<Lane<T>>()),
  };
  readonly #passed: Record<Side, number> = { readers: 0, writers: 0 };
  #number = 0;
  #since = 0;
  limits: QueueLimits;

  constructor(limits: QueueLimits) {
    this.limits = limits;
  }

  get waiting(): number {
    const { read, write, exclusive } = this.#waiting;
    return read.size + write.size + exclusive.size;
  }

  waitingOf(user: string | undefined): number {
    if (user === undefined) return this.#everyone.size;
    return this.#lanes.get(user)?.waiting ?? 0;
  }

  isWaiting(job: T): boolean {
    const ticket = this.#tickets.get(job);
    return ticket !== undefined && !this.#running.has(ticket);
  }

  /** Lets a job wait, behind those that there are. */
  add(job: T): void {
    const { user, access, priority } = job;
    const rank = rankOf(priority);
    const ticket = { job, user, access, rank, number: ++this.#number, held: false, seat: undefined };
    this.#tickets.set(job, ticket);
    this.#waiting[access].add(ticket);
    if (user === undefined) {
      this.#everyone.add(ticket);
      return;
    }
    const lane = this.#laneOf(user);
    lane.add(ticket);
    this.#update(lane);
  }

  /** Takes a job out, whether it waits or runs. */
  delete(job: T): void {
    const ticket = this.#tickets.get(job);
    if (!ticket) return;
    this.#tickets.delete(job);
    if (this.#running.has(ticket)) this.#leave(ticket);
    else this.#unqueue(ticket);
    this.#settle(ticket);
  }

  /** A running job waits again, in its old place, and may not start before `release`. */
  hold(job: T): void {
    const ticket = this.#tickets.get(job)!;
    this.#leave(ticket);
    ticket.held = true;
    const { access, user } = ticket;
    this.#waiting[access] = new Set([...this.#waiting[access], ticket].sort((a, b) => a.number - b.number));
    if (user === undefined) this.#everyone.add(ticket);
    else this.#laneOf(user).restore(ticket);
    this.#settle(ticket);
  }

  release(job: T): void {
    const ticket = this.#tickets.get(job);
    if (!ticket) return;
    ticket.held = false;
    this.#settle(ticket);
  }

  /** The job whose turn it is, which counts as running from now on; undefined while none may start. */
  next(): T | undefined {
    const ticket = this.#nextOfEveryone() ?? this.#nextOn('readers') ?? this.#nextOn('writers');
    if (!ticket) return undefined;
    const { access, user } = ticket;
    const lane = user === undefined ? undefined : this.#lanes.get(user);
    const rank = lane?.standing[sideOf(access)]?.rank ?? ticket.rank;
    ticket.seat = this.#seatFor(access, rank)!;
    this.#taken[ticket.seat]++;
    this.#running.add(ticket);
    this.#unqueue(ticket);
    this.#runningInAll[access]++;
    if (lane) {
      lane.running[access]++;
      // It stands behind the others now, whatever it has left.
      this.#stand(lane, sideOf(access), undefined);
      this.#update(lane);
    } else this.#runningOfEveryone[access]++;
    return ticket.job;
  }

  #nextOfEveryone(): Ticket<T> | undefined {
    for (const ticket of this.#everyone) {
      if (ticket.held || clashesWithAny(ticket.access, this.#runningInAll)) continue;
      if (this.#seatFor(ticket.access, ticket.rank) && !this.#hasEarlier(ticket)) return ticket;
    }
    return undefined;
  }

  /** Whether somebody was submitted before it with whom it does not get along. */
  #hasEarlier({ access, number }: Ticket<T>): boolean {
    return (['read', 'write', 'exclusive'] as const).some((other) => {
      const [first] = this.#waiting[other];
      return first !== undefined && first.number < number && clash(access, other);
    });
  }

  #nextOn(side: Side): Ticket<T> | undefined {
    let first: Ticket<T> | undefined;
    let oldest: Ticket<T> | undefined;
    let oldestSince = Number.POSITIVE_INFINITY;
    for (const [rank, lanes] of this.#standing[side].entries()) {
      if (!this.#seatFor(side === 'readers' ? 'read' : 'write', rank)) continue;
      for (const lane of lanes) {
        const ticket = lane.head(side)!;
        if (this.#isBarred(ticket)) continue;
        first ??= ticket;
        const { since } = lane.standing[side]!;
        if (since < oldestSince) {
          oldest = ticket;
          oldestSince = since;
        }
        break;
      }
    }
    if (first === oldest || ++this.#passed[side] > PASSED_MAX) this.#passed[side] = 0;
    else return first;
    return oldest;
  }

  /** Whether a job of every user stands in its way: one that runs, or one that was submitted earlier. */
  #isBarred({ access, number }: Ticket<T>): boolean {
    if (clashesWithAny(access, this.#runningOfEveryone)) return true;
    for (const one of this.#everyone) if (one.number < number && clash(access, one.access)) return true;
    return false;
  }

  #seatFor(access: JobAccess, rank: Rank): Seat | undefined {
    const free = (seat: Seat): boolean => this.#taken[seat] < this.limits[seat];
    if (access === 'read') return free('readers') ? 'readers' : undefined;
    if (isUrgent(rank) && free('urgent')) return 'urgent';
    return free('writers') ? 'writers' : undefined;
  }

  #unqueue(ticket: Ticket<T>): void {
    this.#waiting[ticket.access].delete(ticket);
    if (ticket.user === undefined) this.#everyone.delete(ticket);
    else this.#lanes.get(ticket.user)!.delete(ticket);
  }

  #leave(ticket: Ticket<T>): void {
    this.#running.delete(ticket);
    this.#taken[ticket.seat!]--;
    ticket.seat = undefined;
    this.#runningInAll[ticket.access]--;
    if (ticket.user === undefined) this.#runningOfEveryone[ticket.access]--;
    else this.#lanes.get(ticket.user)!.running[ticket.access]--;
  }

  #settle({ user }: Ticket<T>): void {
    if (user === undefined) return;
    const lane = this.#lanes.get(user)!;
    this.#update(lane);
    if (lane.isEmpty) this.#lanes.delete(user);
  }

  #laneOf(user: string): Lane<T> {
    let lane = this.#lanes.get(user);
    if (!lane) {
      lane = new Lane<T>();
      this.#lanes.set(user, lane);
    }
    return lane;
  }

  /** Has a lane stand where it belongs; one that stands there already keeps its place. */
  #update(lane: Lane<T>): void {
    for (const side of ['readers', 'writers'] as const) {
      this.#stand(lane, side, lane.head(side) ? lane.rank(side) : undefined);
    }
  }

  #stand(lane: Lane<T>, side: Side, rank: Rank | undefined): void {
    const before = lane.standing[side];
    if (before?.rank === rank) return;
    if (before) this.#standing[side][before.rank]!.delete(lane);
    lane.standing[side] = rank === undefined ? undefined : { rank, since: ++this.#since };
    if (rank !== undefined) this.#standing[side][rank]!.add(lane);
  }
}
