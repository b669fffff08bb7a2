import { utf8 } from '../base/index.js';
import type { RecordCollection } from '../format/index.js';
import { collectionFile, type RecordWish, recordsPath } from '../snapshot/index.js';
import { pathNames } from './layout.js';
import { createPatterns, type Patterns } from './patterns.js';
import type { Selection } from './selection.js';

/**
 * Which records patterns mean: `collection/id` and `collection`, both with `*` for any characters and `?` for one; and the paths of
 * the files that a restore writes them to, as for other files. Without an `include` all of them, save what `exclude` names.
 *
 * @returns undefined where all are wanted.
 * @throws {BitacoraError} `USAGE` for a pattern that would take too long.
 */
export function createRecordWish(include: readonly string[], exclude: readonly string[]): RecordWish | undefined {
  if (include.length === 0 && exclude.length === 0) return undefined;
  const wanted = include.length > 0 ? new RecordPatterns(include) : undefined;
  const unwanted = exclude.length > 0 ? new RecordPatterns(exclude) : undefined;
  return {
    collection(collection, scope) {
      const without = unwanted?.collection(collection, scope) ?? 'none';
      const within = wanted?.collection(collection, scope) ?? 'all';
      if (without === 'all' || within === 'none') return 'none';
      return without === 'none' ? within : 'some';
    },
    record(collection, scope, id) {
      if (unwanted?.record(collection, scope, id)) return false;
      return wanted?.record(collection, scope, id) ?? true;
    },
  };
}

/** An item as somebody names it. */
interface ItemPattern {
  readonly collection: string;
  /** Undefined: all of the collection. */
  readonly id: string | undefined;
}

/** One list of patterns. */
class RecordPatterns {
  readonly #items: readonly ItemPattern[];
  readonly #paths: Patterns;
  readonly #scopes = new Map<string, Selection>();

  constructor(patterns: readonly string[]) {
    this.#items = patterns.flatMap((pattern) => itemPattern(pattern) ?? []);
    this.#paths = createPatterns(patterns);
  }

  /** How much of a collection it means. */
  collection(collection: RecordCollection, scope: string): 'all' | 'some' | 'none' {
    if (this.#meansFile(collection, scope)) return 'all';
    const items = this.#items.filter((item) => matchesText(item.collection, collection.name));
    if (items.some(({ id }) => id === undefined)) return 'all';
    return items.length > 0 ? 'some' : 'none';
  }

  record(collection: RecordCollection, scope: string, id: string | undefined): boolean {
    if (this.#meansFile(collection, scope)) return true;
    return this.#items.some(
      (item) =>
        matchesText(item.collection, collection.name) &&
        (item.id === undefined || (id !== undefined && matchesText(item.id, id))),
    );
  }

  #meansFile({ name, shape }: RecordCollection, scope: string): boolean {
    let selection = this.#scopes.get(scope);
    if (!selection) {
      selection = this.#paths.within(pathNames(utf8(recordsPath(scope))));
      this.#scopes.set(scope, selection);
    }
    return selection.choose(collectionFile(name, shape), false) === 'take';
  }
}

/** What begins with a slash is a path, and `!` and `#` mean something else in front. */
function itemPattern(pattern: string): ItemPattern | undefined {
  if (/^[/!#]/.test(pattern)) return undefined;
  const slash = pattern.indexOf('/');
  if (slash === -1) return { collection: pattern, id: undefined };
  const id = pattern.slice(slash + 1);
  return { collection: pattern.slice(0, slash), id: id === '' || id === '*' || id === '**' ? undefined : id };
}

/** Whether a text is what the pattern says, or matches it with `*` and `?` in it; takes at most the product of their lengths. */
export function matchesText(pattern: string, text: string): boolean {
  if (pattern === text) return true;
  let at = 0;
  let place = 0;
  // Where the last `*` stood, and how far its run goes by now.
  let star = -1;
  let run = 0;
  while (place < text.length) {
    if (pattern[at] === '*') {
      star = at++;
      run = place;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[place])) {
      at++;
      place++;
    } else if (star !== -1) {
      at = star + 1;
      place = ++run;
    } else return false;
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}
