import { BitacoraError, concatBytes, decodeUtf8, Slices } from '../base/index.js';
import {
  COLLECTIONS_FILE,
  COLLECTIONS_MAX,
  collectionFiles,
  decodeCollections,
  decodeRows,
  decodeWholeEntry,
  ENTRY_TYPES,
  type RecordCollection,
  type RecordRow,
  type ScopeRecord,
  type TreeEntry,
} from '../format/index.js';
import { ContentCursor, type RecordStore } from './record-content.js';

/** What one record of one capture is called. */
export interface RecordKey {
  readonly collection: string;
  /**
   * The record's member `id` as text: a string's characters, or a number's literal as sent. Undefined where there is none, or one of
   * another kind, longer than 1,024 bytes of UTF-8, or with half a surrogate pair. Records of one capture may have the same.
   */
  readonly id: string | undefined;
  /** Its place among the collection's records in this capture, from 0, in the order as sent. */
  readonly index: number;
  /** Length of its JSON in bytes. */
  readonly length: number;
}

/** A record with its bytes. */
export interface StoredRecord extends RecordKey {
  /** The JSON as it was sent, byte by byte: a view that must not be changed and holds until the next one is asked for. */
  readonly json: Uint8Array;
}

/** More than the three-a-collection of docs/format.md §9 is no scope of records. */
const FILES_MAX = 2 * COLLECTIONS_MAX + 1;
/** The file `collections` of as many as there may be, with names as long as they may be. */
const COLLECTIONS_BYTES_MAX = 2 ** 20;

interface Opened {
  readonly collections: readonly RecordCollection[];
  readonly files: ReadonlyMap<string, TreeEntry>;
}

/** Whether a scope holds records, rather than a tree or a stream. @throws {BitacoraError} `DATA_CORRUPT`. */
export function isRecordScope({ entry, scope }: ScopeRecord): boolean {
  return decodeWholeEntry(entry, `scope "${scope}"`).type === ENTRY_TYPES.records;
}

/**
 * Reads what one capture of a scope holds of records, in the order as sent; of each collection a few chunks are in memory. Every
 * chunk's id is recomputed. What contradicts itself is `DATA_CORRUPT`, what is gone `OBJECT_MISSING`.
 */
export class RecordReader {
  readonly scope: ScopeRecord;
  readonly #store: RecordStore;
  #opened: Promise<Opened> | undefined;

  constructor(store: RecordStore, scope: ScopeRecord) {
    this.#store = store;
    this.scope = scope;
  }

  /** The collections in the order in which they came. */
  async collections(): Promise<readonly RecordCollection[]> {
    return (await this.#open()).collections;
  }

  /** The keys of a collection's records; nothing for one that the scope does not hold. Reads none of their JSON. */
  async *keys(collection: string): AsyncGenerator<RecordKey> {
    let index = 0;
    for await (const rows of this.#rows(collection)) {
      for (const { id, length } of rows) yield { collection, id, index: index++, length };
    }
  }

  /**
   * A collection's records with their JSON; nothing for one that the scope does not hold.
   *
   * @param wanted - Asked once for each index, rising; what it refuses is not read where whole chunks can be passed over.
   */
  async *records(collection: string, wanted: (index: number) => boolean = () => true): AsyncGenerator<StoredRecord> {
    const opened = await this.#open();
    const number = opened.collections.findIndex(({ name }) => name === collection);
    const file = number < 0 ? undefined : opened.files.get(collectionFiles(number).records);
    if (!file) return;
    const content = new ContentCursor(this.#store, file, this.#what(collection));
    const slices = new Slices();
    let index = 0;
    let left = file.size;
    try {
      for await (const rows of this.#rows(collection)) {
        for (const { id, length } of rows) {
          left -= length;
          if (left < 0) throw this.#contradiction(collection);
          if (wanted(index)) yield { collection, id, index, length, json: await content.take(length) };
          else await content.skip(length);
          index++;
          if (slices.over) await slices.next();
        }
      }
      if (left !== 0) throw this.#contradiction(collection);
    } finally {
      await content.close();
    }
  }

  /** A collection's table, in pieces; as many rows as the collection has records, or the last step throws. */
  async *#rows(collection: string): AsyncGenerator<readonly RecordRow[]> {
    const { collections, files } = await this.#open();
    const number = collections.findIndex(({ name }) => name === collection);
    const file = number < 0 ? undefined : files.get(collectionFiles(number).keys);
    if (!file) return;
    const what = `the keys of ${this.#what(collection)}`;
    const content = new ContentCursor(this.#store, file, what);
    let left = collections[number]!.records;
    let rest: Uint8Array = new Uint8Array(0);
    try {
      for (;;) {
        const piece = await content.next();
        const bytes = piece && rest.length > 0 ? concatBytes([rest, piece]) : (piece ?? rest);
        const { rows, used } = decodeRows(bytes, piece === undefined, what);
        left -= rows.length;
        if (left < 0) throw this.#contradiction(collection);
        yield rows;
        if (!piece) break;
        rest = bytes.subarray(used);
      }
      if (left !== 0) throw this.#contradiction(collection);
    } finally {
      await content.close();
    }
  }

  #open(): Promise<Opened> {
    this.#opened ??= this.#readDirectory();
    return this.#opened;
  }

  async #readDirectory(): Promise<Opened> {
    const what = `scope "${this.scope.scope}"`;
    const root = decodeWholeEntry(this.scope.entry, what);
    if (root.type !== ENTRY_TYPES.records || root.content.form !== 'directory') {
      throw new TypeError(`The ${what} does not hold records.`);
    }
    const files = new Map<string, TreeEntry>();
    for await (const entry of this.#store.trees.entries(root.content.id, { referrer: what })) {
      const name = decodeUtf8(entry.name);
      if (name === undefined || entry.type !== ENTRY_TYPES.file || files.size >= FILES_MAX) throw notRecords(what);
      files.set(name, entry);
    }
    const table = files.get(COLLECTIONS_FILE);
    if (!table || table.size > COLLECTIONS_BYTES_MAX) throw notRecords(what);
    const content = new ContentCursor(this.#store, table, `the collections of ${what}`);
    const collections = decodeCollections(await content.take(table.size), `the collections of ${what}`);
    await content.close();
    for (const [number, { name, records, bytes }] of collections.entries()) {
      const { keys, records: json } = collectionFiles(number);
      if ((files.get(json)?.size ?? 0) !== bytes) throw this.#contradiction(name);
      if (records > 0 && !files.has(keys)) throw this.#contradiction(name);
    }
    return { collections, files };
  }

  #what(collection: string): string {
    return `collection "${collection}" of scope "${this.scope.scope}"`;
  }

  #contradiction(collection: string): BitacoraError {
    return new BitacoraError('DATA_CORRUPT', `The tables of ${this.#what(collection)} contradict each other.`, {
      details: { scope: this.scope.scope, collection },
    });
  }
}

function notRecords(what: string): BitacoraError {
  return new BitacoraError('DATA_CORRUPT', `What the ${what} names is no directory of records.`);
}
