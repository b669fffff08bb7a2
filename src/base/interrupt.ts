/**
 * Waits for one promise after another, all of which one failure cuts short. `Promise.race` with a promise that lives long keeps
 * whatever it was raced with as long as that lives; this keeps nothing.
 */
export class Interrupt {
  #failure: { readonly error: unknown } | undefined;
  #reject: ((error: unknown) => void) | undefined;

  /** Cuts short what is waited for now, and all that will be. The first failure holds. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#reject?.(this.#failure.error);
  }

  /** Settles as `promise` does, or throws the failure. One at a time. */
  async wait<T>(promise: PromiseLike<T>): Promise<T> {
    try {
      return await new Promise<T>((resolve, reject) => {
        this.#reject = reject;
        promise.then(resolve, reject);
        if (this.#failure) reject(this.#failure.error);
      });
    } finally {
      this.#reject = undefined;
    }
  }
}
