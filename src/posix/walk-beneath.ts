import { DIRECTORY_FLAGS, O_PATH } from './constants.js';
import type { OpeningCalls } from './system-calls.js';

/**
 * Opens the last component step by step from `rootFd`, holding each directory open while the next is opened in it
 * without following links. A directory that is swapped for a link meanwhile is either the one already held or refused.
 */
export function walkBeneath(
  calls: OpeningCalls,
  rootFd: number,
  components: readonly Uint8Array[],
  flags: number,
  mode: number,
): number {
  let current = rootFd;
  try {
    for (const component of components.slice(0, -1)) {
      // O_PATH needs only the right to search, as path resolution in the kernel does.
      const next = calls.openFileAt(current, component, DIRECTORY_FLAGS | O_PATH, 0);
      if (current !== rootFd) calls.closeFd(current);
      current = next;
    }
    return calls.openFileAt(current, components.at(-1)!, flags, mode);
  } finally {
    if (current !== rootFd) calls.closeFd(current);
  }
}
