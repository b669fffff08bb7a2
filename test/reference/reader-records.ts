import { Cursor, ensure } from './reader-bytes.js';
import type { Chunks } from './reader-packs.js';
import { type Entry, readDirectory, readList, TYPES } from './reader-tree.js';

/** A record as it was sent, and what it is called. */
export interface StoredRecord {
  readonly id: string | undefined;
  readonly json: string;
}

export interface Collection {
  readonly name: string;
  readonly isValue: boolean;
  readonly records: readonly StoredRecord[];
}

/** Section 9 of the format page: what a scope of records holds. */
export function readRecords(chunks: Chunks, root: Buffer): Collection[] {
  const files = new Map<string, Buffer>();
  for (const file of readDirectory(chunks, root)) {
    ensure(file.type === TYPES.file, 'A scope of records holds something else than files');
    files.set(file.name.toString(), fileBytes(chunks, file));
  }
  const table = files.get('collections');
  ensure(table, 'A scope of records has no table');
  const cursor = new Cursor(table, 'The table of collections');
  let number = 0;
  const collections = cursor.many(() => {
    const name = text(cursor.run());
    const shape = cursor.u8();
    ensure(shape <= 1, `A collection has the unknown shape ${shape}`);
    const [count, bytes] = [cursor.varint(), cursor.varint()];
    const digits = String(number++).padStart(4, '0');
    const json = new Cursor(files.get(`${digits}.records`) ?? Buffer.alloc(0), 'Records');
    const keys = new Cursor(files.get(`${digits}.keys`) ?? Buffer.alloc(0), 'Keys');
    let total = 0;
    const records = Array.from({ length: count }, () => {
      const tag = keys.varint();
      const id = tag === 0 ? undefined : text(keys.take(tag - 1));
      const length = keys.varint();
      ensure(length > 0, 'A record has no bytes');
      total += length;
      return { id, json: text(json.take(length)) };
    });
    json.end();
    keys.end();
    ensure(total === bytes, `The collection "${name}" has ${total} bytes, not ${bytes}`);
    return { name, isValue: shape === 1, records };
  });
  cursor.end();
  return collections;
}

function text(bytes: Buffer): string {
  const decoded = bytes.toString();
  ensure(Buffer.from(decoded).equals(bytes), 'A text is not UTF-8');
  return decoded;
}

function fileBytes(chunks: Chunks, { root, items = [] }: Entry): Buffer {
  const parts = [...(root ? readList(chunks, root) : items)].map(({ id }) => {
    ensure(id, 'A file of records has a hole');
    return chunks.read(1, id);
  });
  return Buffer.concat(parts);
}
