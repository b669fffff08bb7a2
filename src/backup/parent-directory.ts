import type { LeafCursor } from '../format/index.js';

/** Where the walk finds the trees of the parent snapshot. */
export interface ParentTrees {
  leaves(root: Uint8Array): AsyncIterable<LeafCursor>;
  /** The node of a directory that is one leaf, where it is at hand, sound, and nothing of it needs a closer look. */
  leafNow(root: Uint8Array): LeafCursor | undefined;
  /** Whether the file that the cursor stands on must be read again, changed or not, because its content is damaged. */
  isDamaged(cursor: LeafCursor): boolean;
}

/** A directory of the parent snapshot, walked in step with the one on disk. Names are asked for in rising order. */
export class ParentDirectory {
  /** The node, where it is one leaf that was at hand. */
  readonly leaf: Uint8Array | undefined;
  readonly #leaves: AsyncIterator<LeafCursor> | undefined;
  #cursor: LeafCursor | undefined;
  /** The cursor stands on an entry that no question has passed yet. */
  #onEntry = false;
  #ended = false;

  constructor(trees: ParentTrees, root: Uint8Array) {
    this.#cursor = trees.leafNow(root);
    this.leaf = this.#cursor?.bytes;
    this.#ended = this.#cursor !== undefined;
    if (!this.#ended) this.#leaves = trees.leaves(root)[Symbol.asyncIterator]();
  }

  /** The cursor on the entry called `name`, valid until the next question, or undefined. Waits only between leaves. */
  find(name: Uint8Array): LeafCursor | undefined | Promise<LeafCursor | undefined> {
    const found = this.#scan(name);
    return found === 'more' ? this.#findInNext(name) : found;
  }

  async close(): Promise<void> {
    if (!this.#ended) await this.#leaves!.return?.();
  }

  #scan(name: Uint8Array): LeafCursor | undefined | 'more' {
    const cursor = this.#cursor;
    if (!cursor) return this.#ended ? undefined : 'more';
    for (;;) {
      if (!this.#onEntry) {
        if (!cursor.next()) {
          this.#cursor = undefined;
          return this.#ended ? undefined : 'more';
        }
        this.#onEntry = true;
      }
      const order = cursor.compareName(name);
      if (order > 0) return undefined;
      this.#onEntry = false;
      if (order === 0) return cursor;
    }
  }

  async #findInNext(name: Uint8Array): Promise<LeafCursor | undefined> {
    for (;;) {
      const next = await this.#leaves!.next();
      if (next.done) {
        this.#ended = true;
        return undefined;
      }
      this.#cursor = next.value;
      this.#onEntry = false;
      const found = this.#scan(name);
      if (found !== 'more') return found;
    }
  }
}
