import { nameText } from './layout.js';
import { createSelection, printablePath, type Selection } from './selection.js';

/** What somebody wants of a state, in terms of paths. */
export interface Patterns {
  /**
   * The same in terms of one scope.
   *
   * @param names - Of the directory that the paths asked about are below.
   */
  within(names: readonly Uint8Array[]): Selection;
}

/**
 * Patterns as in a `.gitignore`, on paths below the scope. One that begins with '/' may also be a full path, as a listing shows it:
 * then it stands for what it means below the scope, and where it names the scope itself for all of that.
 *
 * @throws {BitacoraError} `USAGE` for a pattern that would take too long.
 */
export function createPatterns(include: readonly string[] = [], exclude: readonly string[] = []): Patterns {
  const plain = createSelection(include, exclude);
  if (![...include, ...exclude].some((pattern) => /^!?\//.test(pattern))) return { within: () => plain };
  return {
    within(names) {
      const scope = names.map((name) => printablePath(nameText(name)));
      const wanted = rebased(include, scope, 'above');
      const unwanted = rebased(exclude, scope, 'itself');
      if (unwanted === 'all') return NOTHING;
      return createSelection(wanted === 'all' ? [] : wanted, unwanted);
    },
  };
}

const NOTHING: Selection = { all: false, choose: () => 'skip' };

/**
 * The patterns with what those that are full paths mean below the scope; `all` where one names the whole of it and none behind
 * takes anything back.
 *
 * @param whole - Whether a pattern that names a directory above the scope means the scope: what is to be left out is left out only
 *   where that is plain, since the same pattern may mean something below.
 */
function rebased(patterns: readonly string[], scope: readonly string[], whole: 'above' | 'itself'): string[] | 'all' {
  const all: string[] = [];
  let isAll = false;
  for (const pattern of patterns) {
    all.push(pattern);
    const [, not = '', path] = /^(!?)(\/.*)$/.exec(pattern) ?? [];
    if (path !== undefined) {
      const below = belowScope(path, scope, whole);
      if (below !== undefined && below !== path) all.push(not + below);
      if (below === EVERYTHING) isAll = not === '';
    }
    if (pattern.startsWith('!')) isAll = false;
  }
  return isAll ? 'all' : all;
}

const EVERYTHING = '/**';

/** What a full path means below a scope; undefined where it leads elsewhere. */
function belowScope(path: string, scope: readonly string[], whole: 'above' | 'itself'): string | undefined {
  const parts = path.split('/').slice(1);
  const directory = parts.at(-1) === '';
  if (directory) parts.pop();
  for (const [depth, name] of scope.entries()) {
    const part = parts[depth];
    if (part === undefined) return whole === 'above' && parts.length > 0 ? EVERYTHING : undefined;
    if (part === '**') return `/${parts.slice(depth).join('/')}${directory ? '/' : ''}`;
    if (createSelection([`/${part}`]).choose(name, false) !== 'take') return undefined;
  }
  const rest = parts.slice(scope.length);
  return rest.length === 0 ? EVERYTHING : `/${rest.join('/')}${directory ? '/' : ''}`;
}
