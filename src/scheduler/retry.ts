import type { BitacoraError } from '../base/index.js';

const FIRST_DELAY_MS = 1000;
const DELAY_MS_MAX = 60_000;
const FACTOR = 4;
/** In all, the first among them. About a minute and a half passes between the first and the last. */
const ATTEMPTS_MAX = 5;

/**
 * How long to wait before a job is tried again.
 *
 * @param attempts - Those that there were.
 * @returns Milliseconds; undefined where it has failed for good.
 */
export function retryDelayMs(error: BitacoraError, attempts: number): number | undefined {
  if (!error.retryable || attempts >= ATTEMPTS_MAX) return undefined;
  return Math.min(DELAY_MS_MAX, FIRST_DELAY_MS * FACTOR ** (attempts - 1));
}
