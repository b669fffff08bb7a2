import ignore from 'ignore';
import { createSelection, printablePath } from '../selection.js';

const OPTIONS = { allowRelativePaths: true, ignorecase: false };
/** The library remembers every path that it was asked about; after so many it starts anew. */
const REMEMBERED_MOST = 20_000;

/** What somebody looks for. Paths have names joined by '/', without one in front. */
export interface Glob {
  /** Whether this very item is meant; what lies in a directory that matches need not match itself. */
  matches(path: string, below: string, directory: boolean): boolean;
  /** Whether something in this directory may match; only a certain no matters. */
  reaches(path: string, below: string): boolean;
}

/**
 * One pattern as in a `.gitignore`, on paths below the scope; one that begins with '/' is tried on full paths as well, so
 * that a path can be given as a listing shows it. With a '/' at the end it means directories only.
 */
export function createGlob(pattern: string): Glob {
  const directoriesOnly = pattern.length > 1 && pattern.endsWith('/');
  const reach = createSelection([pattern]);
  const own = ownMatcher(directoriesOnly ? pattern.slice(0, -1) : pattern);
  const absolute = pattern.startsWith('/');
  const anywhere = (path: string, below: string, ask: (path: string) => boolean): boolean =>
    (below !== '' && ask(below)) || (absolute && path !== '' && ask(path));
  return {
    matches: (path, below, directory) => (directory || !directoriesOnly) && anywhere(path, below, own),
    // Beyond a directory that matches as a whole only some patterns reach; looking further costs little and misses none.
    reaches: (path, below) =>
      below === '' || path === '' || anywhere(path, below, (name) => reach.choose(name, true) !== 'skip'),
  };
}

/** A `.gitignore` takes all that lies in a directory that matches; no directory may match here but by its own name. */
function ownMatcher(pattern: string): (path: string) => boolean {
  const fresh = () => ignore(OPTIONS).add([pattern, '!*/']);
  let rules = fresh();
  let asked = 0;
  return (path) => {
    if (++asked > REMEMBERED_MOST) {
      rules = fresh();
      asked = 0;
    }
    return rules.ignores(printablePath(path));
  };
}
