import { setTimeout as timeout } from 'node:timers/promises';
import { BitacoraError, type Random, systemRandom, throwIfAborted } from '../base/index.js';
import { aroundBackend } from './around.js';
import type { Backend, ListOptions, ObjectEntry } from './contract.js';

export interface RetryOptions {
  /** How often a call is tried in all; 5 unless told. */
  readonly attempts?: number;
  /** The longest wait before the second try, doubled for each further one; 200 ms unless told. */
  readonly delayMs?: number;
  /** No wait is longer; 30 s unless told. */
  readonly delayMsMax?: number;
  /** Called before each wait. */
  readonly onRetry?: (error: BitacoraError, attempt: number, delayMs: number) => void;
  readonly random?: Random;
  /** Waits; rejects when the signal is aborted. */
  readonly sleep?: (delayMs: number, signal: AbortSignal | undefined) => Promise<void>;
}

/**
 * Repeats calls that fail with a `retryable` error, after exponential waits with full jitter. All calls are safe to
 * repeat: a `put` whose first try had stored the object unnoticed finds its own bytes and says `exists`. A listing goes
 * on after the last name that it passed on, and counts its tries anew from there.
 *
 * The last error is thrown as it came; an abort while waiting throws `CANCELLED`.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ for the jitter.
 */
export function withRetry(inner: Backend, options: RetryOptions = {}): Backend {
  const pause = makePause(options);

  async function* list(prefix: string, listOptions: ListOptions): AsyncGenerator<ObjectEntry> {
    let after = listOptions.after;
    for (let attempt = 1; ; attempt++) {
      try {
        for await (const entry of inner.list(prefix, { ...listOptions, after })) {
          after = entry.name;
          attempt = 1;
          yield entry;
        }
        return;
      } catch (error) {
        await pause(error, attempt, listOptions.signal);
      }
    }
  }

  return aroundBackend(inner, {
    async call(_call, run, { signal }) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await run();
        } catch (error) {
          await pause(error, attempt, signal);
        }
      }
    },
    list,
  });
}

type Pause = (error: unknown, attempt: number, signal: AbortSignal | undefined) => Promise<void>;

/** A function that waits after a failed try, or throws the error where there is to be no other. */
function makePause(options: RetryOptions): Pause {
  const { attempts = 5, delayMs = 200, delayMsMax = 30_000, random = systemRandom, sleep = systemSleep } = options;
  return async (error, attempt, signal) => {
    if (!(error instanceof BitacoraError) || !error.retryable || attempt >= attempts) throw error;
    const longest = Math.min(delayMs * 2 ** (attempt - 1), delayMsMax);
    const wait = Math.round(longest * fraction(random));
    options.onRetry?.(error, attempt, wait);
    throwIfAborted(signal);
    await sleep(wait, signal);
    throwIfAborted(signal);
  };
}

/** Uniform in [0, 1). */
function fraction(random: Random): number {
  const bytes = random.bytes(4);
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0) / 2 ** 32;
}

async function systemSleep(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  // An abort ends the wait early; the caller looks at the signal itself.
  await timeout(delayMs, undefined, signal ? { signal } : {}).catch(() => undefined);
}
