import type { RetainedSnapshot } from './history.js';

/**
 * Which snapshots must stay because they say that a scope has ended: without them its older captures would make it look alive again.
 * What is forgotten counts as there as long as it may be taken back.
 *
 * @param snapshots - In log order.
 * @returns their places in the list.
 */
export function neededEnds(snapshots: readonly RetainedSnapshot[]): Set<number> {
  const needed = new Set<number>();
  const alive = new Set<string>();
  const endedAt = new Map<string, number>();
  let lastSession = -1;
  snapshots.forEach(({ ended, scopes, forgotten, givenUp }, index) => {
    for (const scope of forgotten ? [] : ended) {
      // Sessions may hold items of a collection, which the end of the collection took away.
      const inSessions = scope.startsWith('collection:') && lastSession > (endedAt.get(scope) ?? -1);
      if (alive.delete(scope) || inSessions) {
        needed.add(index);
        endedAt.set(scope, index);
      }
    }
    for (const scope of givenUp ? [] : scopes) {
      alive.add(scope);
      if (scope.startsWith('session:')) lastSession = index;
    }
  });
  return needed;
}
