import { setTimeout as delay } from 'node:timers/promises';
import { BitacoraError, type Clock } from '../../base/index.js';

export interface AttemptLimits {
  /** Wrong tokens a minute that are refused without a wait. */
  readonly wrongTokensFree: number;
  /** How long each further one waits for its answer. */
  readonly wrongTokenDelayMs: number;
  /** How many of one peer may wait at once. */
  readonly wrongTokensWaitingMax: number;
}

const WINDOW_MS = 60_000;
/** Peers that are remembered; beyond, the one that began first is forgotten. */
const PEERS_MAX = 4096;

interface Attempt {
  since: number;
  count: number;
  waiting: number;
}

/** Slows down whoever shows wrong tokens, and nobody else: right ones are never kept waiting. */
export class Attempts {
  readonly #limits: AttemptLimits;
  readonly #clock: Clock;
  readonly #peers = new Map<string, Attempt>();

  constructor(limits: AttemptLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /**
   * Notes a wrong token, and resolves when it may be answered.
   *
   * @throws {BitacoraError} `TOO_MANY` at once, where too many of that peer wait already.
   */
  async failed(peer: string, signal: AbortSignal): Promise<void> {
    const attempt = this.#attemptOf(peer);
    const { wrongTokensFree, wrongTokenDelayMs, wrongTokensWaitingMax } = this.#limits;
    if (++attempt.count <= wrongTokensFree) return;
    if (attempt.waiting >= wrongTokensWaitingMax) {
      throw new BitacoraError('TOO_MANY', 'Too many wrong tokens have come from there. Try again later.');
    }
    attempt.waiting++;
    try {
      await delay(wrongTokenDelayMs, undefined, { signal });
    } catch (error) {
      // The server closes: the answer may go out now.
      if (!signal.aborted) throw error;
    } finally {
      attempt.waiting--;
    }
  }

  #attemptOf(peer: string): Attempt {
    const now = this.#clock.now();
    let attempt = this.#peers.get(peer);
    if (!attempt || now - attempt.since >= WINDOW_MS || now < attempt.since) {
      attempt = { since: now, count: 0, waiting: attempt?.waiting ?? 0 };
      this.#peers.delete(peer);
      this.#peers.set(peer, attempt);
      const [oldest] = this.#peers.keys();
      if (this.#peers.size > PEERS_MAX) this.#peers.delete(oldest!);
    }
    return attempt;
  }
}
