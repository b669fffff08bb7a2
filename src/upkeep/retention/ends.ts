import type { RetainedSnapshot } from './history.js';

/**
 * Which snapshots must stay because they say that a scope has ended: without them its older captures would make it look alive again.
 * What is forgotten counts as there, as it may be taken back.
 *
 * @param snapshots - In log order.
 * @returns their places in the list.
 */
export function neededEnds(snapshots: readonly RetainedSnapshot[]): Set<number> {
  const needed = new Set<number>();
  const alive = new Set<string>();
  snapshots.forEach(({ ended, scopes, forgotten }, index) => {
    for (const scope of forgotten ? [] : ended) if (alive.delete(scope)) needed.add(index);
    for (const scope of scopes) alive.add(scope);
  });
  return needed;
}
