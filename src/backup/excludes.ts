import ignore, { type Ignore } from 'ignore';
import { BitacoraError, decodeUtf8, printable } from '../base/index.js';

/** One set of gitignore rules and how deep below the scope's root the paths that it sees begin. */
interface RuleSet {
  readonly rules: Ignore;
  readonly depth: number;
}

/** Compiles gitignore-style patterns. Throws `USAGE` for a pattern that cannot be one. */
export function compilePatterns(patterns: readonly string[]): Ignore {
  const rules = ignore({ allowRelativePaths: false });
  for (const pattern of patterns) {
    if (pattern.includes('\0')) throw new BitacoraError('USAGE', `The pattern "${pattern}" has a NUL byte in it.`);
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
    return new Excludes(patterns.length > 0 ? [{ rules: compilePatterns(patterns), depth: 0 }] : [], []);
  }

  /** Whether any rule is in force; if not, names need not be decoded. */
  get active(): boolean {
    return this.#sets.length > 0;
  }

  /** The same with the rules of this directory's own `.bitacoraignore`. */
  with(text: string): Excludes {
    const rules = ignore({ allowRelativePaths: false }).add(text);
    return new Excludes([...this.#sets, { rules, depth: this.#path.length }], this.#path);
  }

  /** The rules as they hold one directory further down. */
  enter(name: Uint8Array): Excludes {
    return new Excludes(this.#sets, [...this.#path, nameText(name)]);
  }

  excludes(name: Uint8Array, isDirectory: boolean): boolean {
    const suffix = isDirectory ? '/' : '';
    const path = [...this.#path, nameText(name)];
    let excluded = false;
    for (const { rules, depth } of this.#sets) {
      const { ignored, unignored } = rules.test(path.slice(depth).join('/') + suffix);
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
