import { type Clock, systemClock } from './clock.js';

/** How long one piece of work keeps the thread to itself. */
const SLICE_MS = 4;

const waiting: (() => void)[] = [];

/** One slice a turn of the event loop, however many works are under way: what arrives meanwhile waits for one of them only. */
function resumeNext(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(resumeNext);
}

/**
 * Work that would keep the thread for long, done in slices: between two of them whatever waits is served, and other such
 * work has its turn. `while (…) { step(); if (slices.over) await slices.next(); }`
 */
export class Slices {
  readonly #clock: Clock;
  #began: number;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
    this.#began = clock.monotonic();
  }

  /** Whether it is time to let others in. */
  get over(): boolean {
    return this.#clock.monotonic() - this.#began > SLICE_MS;
  }

  /** Resolves when the next slice may begin, behind all who wait already. */
  async next(): Promise<void> {
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
      if (waiting.length === 1) setImmediate(resumeNext);
    });
    this.#began = this.#clock.monotonic();
  }
}
