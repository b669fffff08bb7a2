import { BitacoraError } from '../base/index.js';
import { CHUNK_KINDS, type ContentItem, type TreeEntry } from '../format/index.js';
import type { NodeSource, TreeReader } from './tree-reader.js';

/** Where a user's trees and chunks are read; a `UserRepository` is one. */
export interface RecordStore {
  readonly trees: TreeReader;
  readonly chunks: NodeSource;
}

/** Goes forward through a stored file's bytes; chunks that are passed over as a whole are not read. */
export class ContentCursor {
  readonly #store: RecordStore;
  readonly #items: AsyncGenerator<ContentItem>;
  readonly #what: string;
  #item: ContentItem | undefined;
  /** Bytes of the item that were passed. */
  #passed = 0;
  #bytes: Uint8Array | undefined;

  /** @param what - Names the file in messages. */
  constructor(store: RecordStore, entry: TreeEntry, what: string) {
    this.#store = store;
    this.#items = store.trees.fileItems(entry);
    this.#what = what;
  }

  /** Passes over bytes. @throws {BitacoraError} `DATA_CORRUPT` where there are fewer. */
  async skip(length: number): Promise<void> {
    for (let left = length; left > 0; ) {
      const item = await this.#need();
      const passed = Math.min(left, item.length - this.#passed);
      this.#passed += passed;
      left -= passed;
    }
  }

  /** The next bytes: a view that must not be changed where one chunk has them all. @throws {BitacoraError} as `skip`, and of chunks. */
  async take(length: number): Promise<Uint8Array> {
    const first = await this.#piece(length);
    if (first.length === length) return first;
    const parts = [first];
    for (let left = length - first.length; left > 0; ) {
      const piece = await this.#piece(left);
      parts.push(piece);
      left -= piece.length;
    }
    return Buffer.concat(parts, length);
  }

  /** What is left of the chunk at hand, or the next one; undefined at the end. */
  async next(): Promise<Uint8Array | undefined> {
    return (await this.#enter()) ? this.#piece(Number.MAX_SAFE_INTEGER) : undefined;
  }

  /** At most `most` of the next bytes, all of one chunk. */
  async #piece(most: number): Promise<Uint8Array> {
    const item = await this.#need();
    if (!this.#bytes) {
      if (!item.id) throw new BitacoraError('DATA_CORRUPT', `There is a hole in ${this.#what}.`);
      this.#bytes = await this.#store.chunks.read(CHUNK_KINDS.data, item.id, this.#what);
      if (this.#bytes.length !== item.length) {
        const message = `A chunk of ${this.#what} has ${this.#bytes.length} bytes, and the tree says ${item.length}.`;
        throw new BitacoraError('DATA_CORRUPT', message);
      }
    }
    const piece = this.#bytes.subarray(this.#passed, Math.min(item.length, this.#passed + most));
    this.#passed += piece.length;
    return piece;
  }

  async #need(): Promise<ContentItem> {
    const item = await this.#enter();
    if (item) return item;
    throw new BitacoraError('DATA_CORRUPT', `There are fewer bytes in ${this.#what} than its table says.`);
  }

  /** The item with the next byte; undefined at the end. */
  async #enter(): Promise<ContentItem | undefined> {
    while (!this.#item || this.#passed === this.#item.length) {
      const { value, done } = await this.#items.next();
      if (done) return undefined;
      this.#item = value;
      this.#passed = 0;
      this.#bytes = undefined;
    }
    return this.#item;
  }

  async close(): Promise<void> {
    await this.#items.return(undefined);
  }
}
