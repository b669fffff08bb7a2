import { asBuffer, type Clock, isBitacoraError, type Logger, type Random } from '../base/index.js';
import type { JobQueue, JobRequest } from '../scheduler/index.js';

/** Work that the daemon does by itself, again and again. */
export interface Round {
  /** For the log. */
  readonly name: string;
  /** From one run to the next, asked for anew each time; undefined: not now, and asked again later. */
  everyMs(): number | undefined;
  /** From the start to the first run, where it cannot wait as long as the others. */
  readonly firstMs?: number;
  /** When it ended last, whoever ran it, milliseconds since 1970; undefined: not known. Then what was not missed is not done at the start. */
  lastEnded?(): Promise<number | undefined>;
  /** Done one after another. */
  jobs?(): readonly JobRequest[];
  /** Work that is no job. */
  run?(signal: AbortSignal): Promise<void>;
}

/** Calls back later, and returns what takes that back. */
export type Timer = (ms: number, call: () => void) => () => void;

export interface RoundsOptions {
  readonly rounds: readonly Round[];
  readonly queue: JobQueue;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: Random;
  readonly timer?: Timer | undefined;
}

/** What happened while nothing ran is seen to soon, but not while everybody comes back at once. */
const FIRST_MS = 600_000;
/** How often something that is turned off is looked at again. */
const IDLE_MS = 3_600_000;

/** Has each round run soon after the start and then over and over, never twice at once. A run that fails is told, and does not end it. */
export class Rounds {
  readonly #options: RoundsOptions;
  readonly #stop = new AbortController();
  readonly #pending = new Map<Round, () => void>();
  readonly #running = new Set<Promise<void>>();

  constructor(options: RoundsOptions) {
    this.#options = options;
  }

  start(): void {
    for (const round of this.#options.rounds) {
      if (!round.lastEnded) {
        this.#later(round, round.firstMs ?? FIRST_MS);
        continue;
      }
      const looking = this.#firstMs(round, round.lastEnded.bind(round))
        .then((ms) => this.#later(round, ms))
        .finally(() => this.#running.delete(looking));
      this.#running.add(looking);
    }
  }

  /** What was missed soon, at some moment or other: hosts that come back together share what they work on. */
  async #firstMs(round: Round, lastEnded: () => Promise<number | undefined>): Promise<number> {
    const { clock, random } = this.#options;
    const soon = FIRST_MS * (1 + asBuffer(random.bytes(4)).readUInt32BE(0) / 2 ** 32);
    const every = round.everyMs();
    const ended = await lastEnded();
    const ago = ended === undefined ? undefined : clock.now() - ended;
    // A run that lies ahead was dated by a clock that was wrong.
    if (every === undefined || ago === undefined || ago < 0) return soon;
    return Math.max(soon, every - ago);
  }

  /** Resolves when nothing runs any more that is no job: jobs end with the queue. */
  async stop(): Promise<void> {
    this.#stop.abort();
    for (const cancel of this.#pending.values()) cancel();
    this.#pending.clear();
    await Promise.all(this.#running);
  }

  #later(round: Round, ms: number): void {
    if (this.#stop.signal.aborted) return;
    const { timer = systemTimer } = this.#options;
    const call = () => {
      this.#pending.delete(round);
      const running = this.#run(round).finally(() => this.#running.delete(running));
      this.#running.add(running);
    };
    this.#pending.set(round, timer(ms, call));
  }

  async #run(round: Round): Promise<void> {
    const every = round.everyMs();
    if (every !== undefined) await this.#try(round);
    this.#later(round, every ?? IDLE_MS);
  }

  async #try(round: Round): Promise<void> {
    const { queue, logger } = this.#options;
    const { signal } = this.#stop;
    try {
      await round.run?.(signal);
      for (const request of round.jobs?.() ?? []) {
        if (signal.aborted) return;
        const { id } = await queue.submit(request);
        // Its failure is in the log and in the list of jobs.
        await queue.wait(id, { signal });
      }
    } catch (error) {
      if (isBitacoraError(error, 'STOPPING') || isBitacoraError(error, 'CANCELLED')) return;
      logger.error(`The round "${round.name}" failed; it is tried again next time.`, { error: String(error) });
    }
  }
}

/** Keeps no process alive. */
function systemTimer(ms: number, call: () => void): () => void {
  const timer = setTimeout(call, ms);
  timer.unref();
  return () => clearTimeout(timer);
}
