import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../base/index.js';

/** Shorter pauses are left for the next time. */
const PAUSE_MS_MIN = 20;

/** Holds a work back to so many bytes a second. */
export class Pace {
  readonly #clock: Clock;
  readonly #bytesPerSecond: number;
  readonly #began: number;
  #bytes = 0;

  constructor(clock: Clock, bytesPerSecond: number) {
    this.#clock = clock;
    this.#bytesPerSecond = bytesPerSecond;
    this.#began = clock.monotonic();
  }

  /** Resolves when the work may go on after so many more bytes; sooner once the signal is aborted. */
  async after(bytes: number, signal: AbortSignal | undefined): Promise<void> {
    this.#bytes += bytes;
    const wait = this.#began + (1000 * this.#bytes) / this.#bytesPerSecond - this.#clock.monotonic();
    if (wait < PAUSE_MS_MIN) return;
    try {
      await pause(wait, undefined, { signal, ref: false });
    } catch (error) {
      if (!signal?.aborted) throw error;
    }
  }
}
