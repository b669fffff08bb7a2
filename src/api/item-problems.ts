import { BitacoraError, type ErrorCode, printable } from '../base/index.js';

const LISTED_MAX = 1000;

interface ItemProblem {
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

/** What went wrong with single items while the others were gone through; told when that is done. */
export class ItemProblems {
  #count = 0;
  readonly #items: ItemProblem[] = [];

  /** `path` is a full one without the slash in front. */
  add(path: Uint8Array | string, code: string, message: string): void {
    this.#count++;
    const text = typeof path === 'string' ? path : printable(path);
    if (this.#items.length < LISTED_MAX) this.#items.push({ path: `/${text}`, code, message });
  }

  /**
   * Throws if there were any, with the first 1,000 in the details.
   *
   * @param what - Of the first item, such as `is not in the archive`.
   */
  throwIfAny(code: ErrorCode, what: string): void {
    const [first] = this.#items;
    if (!first) return;
    const others = this.#count - 1;
    const more = others === 0 ? '' : others === 1 ? ' One more item, too.' : ` ${others} more items, too.`;
    throw new BitacoraError(code, `"${first.path}" ${what}: ${first.message}${more}`, {
      details: { failures: this.#items, failure_count: this.#count },
    });
  }
}
