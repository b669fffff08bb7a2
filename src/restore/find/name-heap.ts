import { compareBytes } from '../../base/index.js';
import type { TreeEntry } from '../../format/index.js';

/** One directory's entries in order, standing at one of them. */
export interface EntryStream<Mark> {
  entry: TreeEntry;
  readonly rest: AsyncIterator<TreeEntry>;
  readonly mark: Mark;
}

/**
 * Many streams of entries, always at the smallest name of all. Taking a name costs the logarithm of their number, so that a
 * directory that was different in a thousand snapshots is still gone through once.
 */
export class NameHeap<Mark> {
  readonly #streams: EntryStream<Mark>[] = [];

  /** Adds a stream unless it has no entry. */
  async add(rest: AsyncIterator<TreeEntry>, mark: Mark): Promise<void> {
    const { value, done } = await rest.next();
    if (done) return;
    this.#streams.push({ entry: value, rest, mark });
    this.#rise(this.#streams.length - 1);
  }

  /** The entries of the smallest name, each with its stream's mark; undefined at the end. */
  async take(): Promise<{ readonly entry: TreeEntry; readonly mark: Mark }[] | undefined> {
    const first = this.#streams[0];
    if (!first) return undefined;
    const { name } = first.entry;
    const taken: { entry: TreeEntry; mark: Mark }[] = [];
    for (let top = this.#streams[0]; top && compareBytes(top.entry.name, name) === 0; top = this.#streams[0]) {
      taken.push({ entry: top.entry, mark: top.mark });
      const { value, done } = await top.rest.next();
      if (done) {
        const last = this.#streams.pop()!;
        if (last !== top) this.#streams[0] = last;
      } else top.entry = value;
      this.#sink(0);
    }
    return taken;
  }

  async close(): Promise<void> {
    for (const { rest } of this.#streams) await rest.return?.();
  }

  #rise(from: number): void {
    for (let at = from; at > 0; ) {
      const above = (at - 1) >> 1;
      if (!this.#before(at, above)) return;
      this.#swap(at, above);
      at = above;
    }
  }

  #sink(from: number): void {
    for (let at = from; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < this.#streams.length && this.#before(child, least)) least = child;
      }
      if (least === at) return;
      this.#swap(at, least);
      at = least;
    }
  }

  #before(a: number, b: number): boolean {
    return compareBytes(this.#streams[a]!.entry.name, this.#streams[b]!.entry.name) < 0;
  }

  #swap(a: number, b: number): void {
    const held = this.#streams[a]!;
    this.#streams[a] = this.#streams[b]!;
    this.#streams[b] = held;
  }
}
