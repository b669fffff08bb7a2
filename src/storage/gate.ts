/** Lets calls through until it is closed, and can wait for those under way. */
export class CallGate {
  readonly #running = new Set<Promise<unknown>>();
  #closed = false;

  /** Runs `call`; throws `TypeError` once the gate is closed. */
  async run<T>(call: () => Promise<T>): Promise<T> {
    this.checkOpen();
    const running = call();
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  checkOpen(): void {
    if (this.#closed) throw new TypeError('The backend is closed.');
  }

  /** Whether nothing is under way. */
  get idle(): boolean {
    return this.#running.size === 0;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#running);
  }
}
