import ignore, { type Ignore } from 'ignore';
import { BitacoraError, checkPatternCost, decodeUtf8, isCostlyPattern, printable } from '../base/index.js';

/** Names differ by case, as they do on disk. */
const OPTIONS = { allowRelativePaths: false, ignorecase: false };
/** The library remembers every path that it was asked about; after so many it starts anew. */
const REMEMBERED_MOST = 20_000;
/** Rules of one directory's own; the longest that people write have some hundred. */
const OWN_RULES_MOST = 2000;

/** One set of gitignore rules and how deep below the scope's root the paths that it sees begin. */
class RuleSet {
  readonly depth: number;
  #rules: Ignore;
  #asked = 0;

  constructor(rules: Ignore, depth: number) {
    this.#rules = rules;
    this.depth = depth;
  }

  test(path: string): ReturnType<Ignore['test']> {
    if (++this.#asked > REMEMBERED_MOST) {
      this.#rules = ignore(OPTIONS).add(this.#rules);
      this.#asked = 0;
    }
    return this.#rules.test(path);
  }

  /**
   * The same as it judges what is inside a directory that the walk enters. If it excludes that directory a deeper set has overruled
   * it: then it must not exclude everything inside on that ground.
   */
  inside(directory: readonly string[]): RuleSet {
    if (!this.test(`${directory.join('/')}/`).ignored) return this;
    const pattern = `!/${directory.map(literal).join('/')}/`;
    return new RuleSet(ignore(OPTIONS).add(this.#rules).add({ pattern }), this.depth);
  }
}

/** A name as a pattern that matches only itself. */
function literal(name: string): string {
  return name.replace(/[\\*?[]/g, (special) => (special === '?' ? '[?]' : `\\${special}`));
}

/** Compiles gitignore-style patterns. Throws `USAGE` for a pattern that cannot be one. */
export function compilePatterns(patterns: readonly string[]): Ignore {
  const rules = ignore(OPTIONS);
  for (const pattern of patterns) {
    if (pattern.includes('\0')) throw new BitacoraError('USAGE', `The pattern "${pattern}" has a NUL byte in it.`);
    checkPatternCost(pattern);
    rules.add(pattern);
  }
  return rules;
}

/**
 * The rules in force in one directory: those given for the whole scope and those of each `.bitacoraignore` on the way down,
 * deeper ones later, so that they may take back what a shallower one excludes.
 */
export class Excludes {
  readonly #sets: readonly RuleSet[];
  readonly #path: readonly string[];

  private constructor(sets: readonly RuleSet[], path: readonly string[]) {
    this.#sets = sets;
    this.#path = path;
  }

  static root(patterns: readonly string[]): Excludes {
    return new Excludes(patterns.length > 0 ? [new RuleSet(compilePatterns(patterns), 0)] : [], []);
  }

  /** Whether any rule is in force; if not, names need not be decoded. */
  get active(): boolean {
    return this.#sets.length > 0;
  }

  /**
   * The same with the rules of this directory's own `.bitacoraignore`, which whoever owns the data may have written to keep the
   * thread: undefined where trying them on every name would do that.
   */
  with(text: string): Excludes | undefined {
    const lines = text.split('\n');
    if (lines.length > OWN_RULES_MOST || lines.some(isCostlyPattern)) return undefined;
    const rules = ignore(OPTIONS).add(text);
    return new Excludes([...this.#sets, new RuleSet(rules, this.#path.length)], this.#path);
  }

  /** The rules as they hold one directory further down. */
  enter(name: Uint8Array): Excludes {
    const path = [...this.#path, nameText(name)];
    const sets = this.#sets.map((rules) => rules.inside(path.slice(rules.depth)));
    return new Excludes(sets, path);
  }

  excludes(name: Uint8Array, isDirectory: boolean): boolean {
    const suffix = isDirectory ? '/' : '';
    const path = [...this.#path, nameText(name)];
    let excluded = false;
    for (const rules of this.#sets) {
      const { ignored, unignored } = rules.test(path.slice(rules.depth).join('/') + suffix);
      if (ignored) excluded = true;
      else if (unignored) excluded = false;
    }
    return excluded;
  }
}

/** Names that are not UTF-8 are matched in their printable form, `\xNN` for each stray byte. */
function nameText(name: Uint8Array): string {
  return decodeUtf8(name) ?? printable(name);
}
