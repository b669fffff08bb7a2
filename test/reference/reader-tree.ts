import { Cursor, ensure, hex } from './reader-bytes.js';
import type { Chunks } from './reader-packs.js';

export const TYPES = {
  file: 1,
  directory: 2,
  link: 3,
  fifo: 4,
  character: 5,
  block: 6,
  socket: 7,
  records: 8,
} as const;
const FLAGS = { unread: 4, attributes: 8, linked: 16 } as const;

/** A stretch of a file: a chunk, or zeros without one. */
export interface Item {
  readonly length: number;
  readonly id?: Buffer;
}

/** What a file holds, in order; where a list of that is; a directory's root node; or what a link says. */
interface Content {
  readonly items?: readonly Item[];
  readonly root?: Buffer;
  readonly target?: Buffer;
}

export interface Entry extends Content {
  readonly name: Buffer;
  readonly type: number;
  readonly unread: boolean;
  readonly mode: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly size: number;
  /** Entries of one scope with equal marks are one thing: all that they say of it is equal. */
  readonly linkMark: string | undefined;
}

/** Section 9 of the format page. */
export function readEntry(cursor: Cursor): Entry {
  const rest = new Cursor(cursor.run(), 'An entry');
  const name = rest.run();
  const [type, flags, mode] = [rest.u8(), rest.u8(), rest.take(2).readUInt16BE()];
  rest.take(8); // Owners.
  const time = rest.take(12);
  const mtime = Number(time.readBigInt64BE()) + time.readUInt32BE(8) / 1e9;
  rest.take(12); // The ctime.
  const [inode, size] = [rest.u64(), Number(rest.u64())];
  const device = flags & FLAGS.linked ? rest.u64() : undefined;
  if (flags & FLAGS.attributes) rest.many(() => [rest.run(), rest.run()]);
  ensure(type >= TYPES.file && type <= TYPES.records, `An entry has the unknown type ${type}`);
  const bytes = rest.rest();
  const said = [type, device, inode, size, time.toString('hex'), bytes.toString('hex')];
  const linkMark = device === undefined ? undefined : said.join(':');
  const contentCursor = new Cursor(bytes, 'The content of an entry');
  const content = readContent(contentCursor, type, size);
  contentCursor.end();
  return { name, type, unread: (flags & FLAGS.unread) !== 0, mode, mtime, size, linkMark, ...content };
}

function readContent(rest: Cursor, type: number, size: number): Content {
  if (type === TYPES.directory || type === TYPES.records) return { root: rest.take(32) };
  if (type === TYPES.link) return { target: rest.run() };
  if (type === TYPES.character || type === TYPES.block) rest.take(8);
  if (type !== TYPES.file) return {};
  const form = rest.u8();
  ensure(form <= 3, `A file has content of the unknown form ${form}`);
  if (form === 0) return { items: [] };
  if (form === 1) return { items: [{ length: size, id: rest.take(32) }] };
  return form === 2 ? { items: readItems(rest) } : { root: rest.take(32) };
}

function readItems(cursor: Cursor): Item[] {
  return cursor.many(() => {
    const word = cursor.varint();
    ensure(word > 1, 'An item has no bytes');
    return word % 2 === 1 ? { length: (word - 1) / 2 } : { length: word / 2, id: cursor.take(32) };
  });
}

/** The entries of a directory, in order. */
export function readDirectory(chunks: Chunks, root: Buffer): Generator<Entry> {
  return walk(chunks, root, 2, 1, (node) => {
    node.many(() => [node.take(5), node.run()]); // Names of owners.
    return node.many(() => readEntry(node));
  });
}

/** The items of a file's chunk list, in order. */
export function readList(chunks: Chunks, root: Buffer): Generator<Item> {
  return walk(chunks, root, 3, 3, readItems);
}

/** What the leaves below a node hold. Nodes and lists differ in kind, first bytes, and what stands before a child's id. */
function* walk<T>(
  chunks: Chunks,
  id: Buffer,
  kind: 2 | 3,
  leaf: 1 | 3,
  read: (node: Cursor) => T[],
  level?: number,
): Generator<T> {
  const node = new Cursor(chunks.read(kind, id), `The node ${hex(id)}`);
  const mark = node.u8();
  const found = mark === leaf ? 0 : node.u8();
  ensure(mark === leaf || (mark === leaf + 1 && found > 0), `The node ${hex(id)} is of the unknown sort ${mark}`);
  ensure(level === undefined || level === found, `The node ${hex(id)} has level ${found} where ${level} belongs`);
  if (found === 0) {
    yield* read(node);
    node.end();
  } else {
    const children = node.many(() => {
      const before = node.varint();
      if (kind === 2) node.take(before);
      return node.take(32);
    });
    node.end();
    for (const child of children) yield* walk(chunks, child, kind, leaf, read, found - 1);
  }
}
