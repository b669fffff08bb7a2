/**
 * Things that are dear to make and worth keeping for the next session of the same thread: fresh memory costs a page fault every 4 KiB,
 * which for a small snapshot is more than all of its work. What is given back must hold nothing of a user.
 */
export class Spare<T> {
  readonly #most: number;
  readonly #idle: T[] = [];

  /** @param most - How many are kept. */
  constructor(most: number) {
    this.#most = most;
  }

  /** One that was kept, the last first, as its memory is the warmest. */
  take(): T | undefined {
    return this.#idle.pop();
  }

  give(thing: T): void {
    if (this.#idle.length < this.#most) this.#idle.push(thing);
  }
}
