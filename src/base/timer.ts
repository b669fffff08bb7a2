/** The only way to have something happen later, so that tests can bring their own. */
export interface Timer {
  /** Calls once, `delayMs` from now; far moments are fine. @returns what takes it back; calling that late does nothing. */
  after(delayMs: number, call: () => void): () => void;
}

/** The longest that the platform's own timers can wait. */
const STEP_MS_MAX = 2 ** 31 - 1;

/** Keeps no process alive. */
export const systemTimer: Timer = {
  after(delayMs, call) {
    let left = Math.max(0, delayMs);
    let handle: NodeJS.Timeout;
    const wait = (): void => {
      const step = Math.min(left, STEP_MS_MAX);
      left -= step;
      handle = setTimeout(() => (left > 0 ? wait() : call()), step).unref();
    };
    wait();
    return () => clearTimeout(handle);
  },
};
