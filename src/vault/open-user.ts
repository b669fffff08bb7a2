import { throwIfAborted } from '../base/index.js';
import type { Log } from '../snapshot/index.js';
import type { UserIndex } from '../store/index.js';
import type { KeyRing } from './key-ring.js';
import type { Refreshed } from './refresh-user.js';

/** What opening a user gives. */
export interface OpenedUser {
  readonly keys: KeyRing;
  readonly log: Log;
  readonly index: UserIndex;
  /** What is told to those who have it open. */
  refreshed: Refreshed;
}

/** A user that somebody has open, or is opening. */
export interface OpenUser {
  readonly opening: Promise<OpenedUser>;
  /** What came of it, once that is known. */
  opened: OpenedUser | undefined;
  /** When it was begun, on the clock that never jumps. */
  readonly since: number;
  /** Gives the opening up. It is everybody's who waits, so that none of them may do so alone. */
  readonly stop: AbortController;
  holders: number;
  /** False once somebody waits for it to be closed. */
  mayRest: boolean;
  /** Resolves when the last holder has closed it and it does not rest. */
  readonly closed: Promise<void>;
  tellClosed(): void;
}

/** @param start - Begins the opening; given what gives it up. */
export function openingUser(since: number, start: (signal: AbortSignal) => Promise<OpenedUser>): OpenUser {
  const stop = new AbortController();
  let tellClosed = (): void => {};
  const closed = new Promise<void>((resolve) => {
    tellClosed = resolve;
  });
  const opening = start(stop.signal);
  const user: OpenUser = { opening, opened: undefined, since, stop, holders: 0, mayRest: true, closed, tellClosed };
  opening.then(
    (opened) => {
      user.opened = opened;
    },
    // Told to everybody who waits.
    () => undefined,
  );
  return user;
}

/** Throws `CANCELLED` once the signal is aborted. */
export async function untilClosed({ closed }: OpenUser, signal: AbortSignal | undefined): Promise<void> {
  throwIfAborted(signal);
  await endOrAbort(closed, signal);
  throwIfAborted(signal);
}

/** Waits for a promise, no longer than until the signal is aborted. Throws what the promise is rejected with. */
export async function endOrAbort(promise: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) {
    await promise;
    return;
  }
  if (signal.aborted) return;
  let stop = (): void => {};
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  signal.addEventListener('abort', stop, { once: true });
  try {
    await Promise.race([promise, stopped]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
