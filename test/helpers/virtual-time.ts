import type { Clock, Timer } from '../../src/base/index.js';

/** A clock that stands still until it is told to go on, and the timers that go by it. */
export class VirtualTime implements Clock, Timer {
  #now: number;
  #waiting: { readonly at: number; readonly call: () => void }[] = [];

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  /** Sets the wall clock and nothing else, as somebody may. */
  set(now: number): void {
    const moved = now - this.#now;
    this.#now = now;
    this.#waiting = this.#waiting.map(({ at, call }) => ({ at: at + moved, call }));
  }

  after(delayMs: number, call: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, delayMs), call };
    this.#waiting.push(timer);
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== timer);
    };
  }

  /** Goes on to that moment, from timer to timer, and lets each do what it has to. */
  async to(moment: number): Promise<void> {
    await settled();
    for (;;) {
      const [next] = this.#waiting.filter(({ at }) => at <= moment).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.#waiting = this.#waiting.filter((other) => other !== next);
      this.#now = Math.max(this.#now, next.at);
      next.call();
      await settled();
    }
    this.#now = moment;
  }
}

/** Resolves once nothing is left to do that needs no time. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
