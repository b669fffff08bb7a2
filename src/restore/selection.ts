import ignore from 'ignore';
import { checkPatternCost } from '../base/index.js';

/** Names differ by case, as they do on disk. */
const OPTIONS = { allowRelativePaths: true, ignorecase: false };
/** The library remembers every path that it was asked about; after so many it starts anew. */
const REMEMBERED_MOST = 20_000;

/** `take`: the item and all below it, save what is excluded. `descend`: only what below it may match. */
export type Choice = 'take' | 'descend' | 'skip';

/** Which items of a scope are wanted. Paths are below the scope, names joined by '/'. */
export interface Selection {
  /** Whether it takes everything, so that no path need be put together. */
  readonly all: boolean;
  choose(path: string, directory: boolean): Choice;
}

/**
 * Both lists hold patterns as in a `.gitignore`. Without includes everything is included; excludes win.
 *
 * @throws {BitacoraError} `USAGE` for a pattern that would take too long.
 */
export function createSelection(include: readonly string[] = [], exclude: readonly string[] = []): Selection {
  for (const pattern of [...include, ...exclude]) checkPatternCost(pattern);
  const included = include.length > 0 ? matcher(include) : undefined;
  const excluded = exclude.length > 0 ? matcher(exclude) : undefined;
  const reaches = include.map(reachOf);
  return {
    all: !included && !excluded,
    choose(below, directory) {
      if (below === '') return included ? 'descend' : 'take';
      const path = printablePath(below);
      const tested = directory ? `${path}/` : path;
      if (excluded?.(tested)) return 'skip';
      if (!included || included(tested)) return 'take';
      return directory && reaches.some((mayReach) => mayReach(path.split('/'))) ? 'descend' : 'skip';
    },
  };
}

const STRAY_BYTES = /[\udc80-\udcff]/gu;

/** Names that are not UTF-8 are matched as a backup's patterns match them: `\xNN` for each stray byte. */
export function printablePath(path: string): string {
  return path.replace(STRAY_BYTES, (c) => `\\x${(c.charCodeAt(0) & 0xff).toString(16)}`);
}

/** Whether a path matches; memory does not grow with the tree. */
function matcher(patterns: readonly string[]): (path: string) => boolean {
  let rules = ignore(OPTIONS).add([...patterns]);
  let asked = 0;
  return (path) => {
    if (++asked > REMEMBERED_MOST) {
      rules = ignore(OPTIONS).add(rules);
      asked = 0;
    }
    return rules.ignores(path);
  };
}

type Reach = (directory: readonly string[]) => boolean;

/** Whether a pattern may match something below a directory; only a certain no matters. */
function reachOf(pattern: string): Reach {
  if (pattern.startsWith('!') || pattern.startsWith('#')) return () => false;
  const trimmed = pattern.trimEnd().replace(/\/$/, '');
  // A pattern without a slash before its end matches at any depth.
  if (!trimmed.includes('/')) return () => true;
  const parts = trimmed.replace(/^\//, '').split('/');
  const fixed = parts.includes('**') ? parts.slice(0, parts.indexOf('**')) : parts;
  const matchers = fixed.map((part) => matcher([`/${part}`]));
  const open = fixed.length < parts.length;
  return (directory) => {
    // Deeper than the pattern: such a path would already have been taken with its parent.
    if (!open && directory.length >= fixed.length) return false;
    return directory.every((name, depth) => depth >= matchers.length || matchers[depth]!(name));
  };
}
