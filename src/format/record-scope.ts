import { decodeUtf8, utf8 } from '../base/index.js';
import { Cursor } from './cursor.js';
import { newer } from './failure.js';
import { VARINT_BYTES_MAX, writeVarint } from './varint.js';

/** A scope holds at most so many collections, docs/format.md §9. */
export const COLLECTIONS_MAX = 1024;
export const COLLECTION_NAME_BYTES_MAX = 255;
/** A longer id is none: the record is kept, but has no name. */
export const RECORD_ID_BYTES_MAX = 1024;
/** Bytes that a row of keys takes at most. */
export const ROW_BYTES_MAX = 2 * VARINT_BYTES_MAX + RECORD_ID_BYTES_MAX;

/** The file in a record scope's directory that says which collections there are. */
export const COLLECTIONS_FILE = 'collections';

/** Whether a collection is an array of records or one JSON value of any kind. */
export type CollectionShape = 'list' | 'value';
const SHAPES: readonly CollectionShape[] = ['list', 'value'];

/** What one capture of a scope holds of a collection. */
export interface RecordCollection {
  readonly name: string;
  readonly shape: CollectionShape;
  /** How many; of a value 1. */
  readonly records: number;
  /** Of all records' JSON, as sent. */
  readonly bytes: number;
}

/** A row of a collection's keys: what the next record is called, and how long its JSON is. */
export interface RecordRow {
  readonly id: string | undefined;
  readonly length: number;
}

/** The names of collection `number`'s two files in a record scope's directory: its keys, and its records' JSON. */
export function collectionFiles(number: number): { readonly keys: string; readonly records: string } {
  const digits = String(number).padStart(4, '0');
  return { keys: `${digits}.keys`, records: `${digits}.records` };
}

/** The bytes of the file `collections`, docs/format.md §9. */
export function encodeCollections(collections: readonly RecordCollection[]): Uint8Array {
  const names = collections.map(({ name }) => utf8(name));
  const most = names.reduce((sum, name) => sum + name.length + 3 * VARINT_BYTES_MAX + 1, VARINT_BYTES_MAX);
  const out = new Uint8Array(most);
  let at = writeVarint(out, 0, collections.length);
  for (const [i, { shape, records, bytes }] of collections.entries()) {
    const name = names[i]!;
    at = writeVarint(out, at, name.length);
    out.set(name, at);
    at += name.length;
    out[at++] = SHAPES.indexOf(shape);
    at = writeVarint(out, at, records);
    at = writeVarint(out, at, bytes);
  }
  return out.slice(0, at);
}

/** Reads the file `collections`. @throws {BitacoraError} `DATA_CORRUPT` naming `object`; `FORMAT_NEWER` for an unknown shape. */
export function decodeCollections(bytes: Uint8Array, object: string): RecordCollection[] {
  const cursor = new Cursor(bytes, object);
  const count = cursor.varintIn(0, COLLECTIONS_MAX, 'the number of collections');
  const collections: RecordCollection[] = [];
  const names = new Set<string>();
  for (let i = 0; i < count; i++) {
    const collection = readCollection(cursor, object);
    if (names.has(collection.name)) throw cursor.fail('two collections have one name');
    names.add(collection.name);
    collections.push(collection);
  }
  cursor.end();
  return collections;
}

function readCollection(cursor: Cursor, object: string): RecordCollection {
  const length = cursor.varintIn(1, COLLECTION_NAME_BYTES_MAX, 'the length of a name');
  const name = decodeUtf8(cursor.take(length));
  if (name === undefined) throw cursor.fail('a name is not UTF-8');
  const number = cursor.u8();
  const shape = SHAPES[number];
  if (!shape) throw newer(object, `a collection has the shape ${number}`);
  const records = cursor.varint();
  if (shape === 'value' && records !== 1) throw cursor.fail(`a value is ${records} records`);
  return { name, shape, records, bytes: cursor.varint() };
}

/** Writes a row of keys and returns the offset behind it; `into` needs `ROW_BYTES_MAX` bytes of room. `id` is UTF-8. */
export function writeRow(into: Uint8Array, offset: number, id: Uint8Array | undefined, length: number): number {
  let at = writeVarint(into, offset, id ? id.length + 1 : 0);
  if (id) {
    into.set(id, at);
    at += id.length;
  }
  return writeVarint(into, at, length);
}

/**
 * Reads rows of keys from the start of `bytes`: all with `final`, else those that surely lie in it whole.
 *
 * @returns The rows, and how many bytes they fill.
 * @throws {BitacoraError} `DATA_CORRUPT` naming `object`.
 */
export function decodeRows(bytes: Uint8Array, final: boolean, object: string): { rows: RecordRow[]; used: number } {
  const cursor = new Cursor(bytes, object);
  const rows: RecordRow[] = [];
  while (cursor.remaining >= (final ? 1 : ROW_BYTES_MAX)) {
    const tag = cursor.varintIn(0, RECORD_ID_BYTES_MAX + 1, 'the length of an id');
    const id = tag > 0 ? decodeUtf8(cursor.take(tag - 1)) : undefined;
    if (tag > 0 && id === undefined) throw cursor.fail('an id is not UTF-8');
    rows.push({ id, length: cursor.varintIn(1, Number.MAX_SAFE_INTEGER, 'the length of a record') });
  }
  return { rows, used: cursor.offset };
}
