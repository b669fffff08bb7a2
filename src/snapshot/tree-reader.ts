import { BitacoraError, compareBytes, equalBytes, isBitacoraError, printable } from '../base/index.js';
import {
  CHUNK_KINDS,
  type ContentItem,
  decodeEntry,
  decodeInner,
  decodeList,
  ENTRY_TYPES,
  type InnerChild,
  isLeaf,
  LeafCursor,
  NodeReader,
  type TreeEntry,
} from '../format/index.js';
import { checkEntryName } from './entry-name.js';

/** Where nodes come from; a `ChunkReader` is one. */
export interface NodeSource {
  read(kind: 1 | 2 | 3, id: Uint8Array, referrer?: string): Promise<Uint8Array>;
  readNow(kind: 1 | 2 | 3, id: Uint8Array): Uint8Array | undefined;
}

export interface LeavesOptions {
  /** What the directory is called in messages. */
  readonly referrer?: string;
  /**
   * Called for each part of the directory that is lost; the others follow. Where what was read contradicts itself, which no damage
   * brings about, it is told once and nothing follows. Without it the first such part ends the iteration with its error.
   */
  readonly onDamage?: (error: BitacoraError) => void;
}

/** Reads the trees of one user's snapshots as streams: of a directory one path of nodes is in memory. */
export class TreeReader {
  readonly #source: NodeSource;

  constructor(source: NodeSource) {
    this.#source = source;
  }

  /**
   * The leaves of a directory in order. Names rise over all of them; each leaf must be gone through before the next is
   * taken. Throws `DATA_CORRUPT`, `OBJECT_MISSING` and what the backend throws.
   */
  async *leaves(rootId: Uint8Array, options: LeavesOptions = {}): AsyncGenerator<LeafCursor> {
    const order = new NameOrder();
    const nodes = this.#leafNodes(rootId, undefined, undefined, options);
    for (;;) {
      // Not around what the caller does with a leaf.
      const cursor = await guard(options, async () => {
        const { value: node } = await nodes.next();
        return node && order.enter(node.bytes, node.firstName);
      });
      if (!cursor) return;
      yield cursor;
      order.leave(cursor);
    }
  }

  /** The same at once, where all nodes are at hand and sound; undefined otherwise. */
  leavesNow(rootId: Uint8Array): LeafCursor[] | undefined {
    const bytes = this.#source.readNow(CHUNK_KINDS.node, rootId);
    // A directory of several leaves is worth a stream: joining its leaves here would leave the order of names unchecked.
    return bytes && isLeaf(bytes) ? [new LeafCursor(new Uint8Array(bytes))] : undefined;
  }

  /** All entries of a directory, decoded and their names checked. */
  async *entries(rootId: Uint8Array, options: LeavesOptions = {}): AsyncGenerator<TreeEntry> {
    for await (const cursor of this.leaves(rootId, options)) yield* entriesOf(cursor, options);
  }

  /**
   * The entry at `path` below `root`, or undefined. Of each directory only the nodes on the way are read.
   *
   * @param path - Names, outermost first; none gives `root` itself.
   */
  async lookup(root: TreeEntry, path: readonly Uint8Array[]): Promise<TreeEntry | undefined> {
    let entry: TreeEntry | undefined = root;
    for (const name of path) {
      if (entry?.content.form !== 'directory') return undefined;
      entry = await this.#find(entry.content.id, name);
    }
    return entry;
  }

  /** The runs of a file's bytes, in order; their lengths add up to its size, or the last step throws `DATA_CORRUPT`. */
  async *fileItems(entry: TreeEntry): AsyncGenerator<ContentItem> {
    const { content } = entry;
    if (entry.type !== ENTRY_TYPES.file) throw new TypeError('Only files have items.');
    if (content.form === 'chunk') yield { length: entry.size, id: content.id };
    else if (content.form === 'items') yield* content.items;
    else if (content.form === 'list') yield* this.#listItems(content.id, entry);
  }

  async #find(rootId: Uint8Array, name: Uint8Array): Promise<TreeEntry | undefined> {
    let bytes = await this.#source.read(CHUNK_KINDS.node, rootId);
    let level: number | undefined;
    while (!isLeaf(bytes)) {
      const inner = decodeInner(bytes);
      checkLevel(inner.level, level);
      level = inner.level;
      const child = childFor(inner.children, name);
      if (!child) return undefined;
      bytes = await this.#source.read(CHUNK_KINDS.node, child.id);
    }
    checkLevel(0, level);
    const cursor = new LeafCursor(bytes);
    while (cursor.next()) {
      const order = cursor.compareName(name);
      if (order === 0) return entryAt(cursor);
      if (order > 0) return undefined;
    }
    return undefined;
  }

  async *#leafNodes(
    id: Uint8Array,
    firstName: Uint8Array | undefined,
    parentLevel: number | undefined,
    options: LeavesOptions,
  ): AsyncGenerator<{ bytes: Uint8Array; firstName: Uint8Array | undefined }> {
    const bytes = await guard(options, async () => {
      const node = this.#source.readNow(CHUNK_KINDS.node, id);
      return node ?? (await this.#source.read(CHUNK_KINDS.node, id, options.referrer));
    });
    if (!bytes) return;
    if (isLeaf(bytes)) {
      checkLevel(0, parentLevel);
      yield { bytes, firstName };
      return;
    }
    const inner = decodeInner(bytes);
    checkLevel(inner.level, parentLevel);
    if (firstName && !equalBytes(inner.children[0]!.firstName, firstName)) throw outOfOrder();
    for (const child of inner.children) yield* this.#leafNodes(child.id, child.firstName, inner.level, options);
  }

  async *#listItems(id: Uint8Array, entry: TreeEntry): AsyncGenerator<ContentItem> {
    let total = 0;
    for await (const item of this.#listNode(id, undefined, undefined)) {
      total += item.length;
      if (total > entry.size) break;
      yield item;
    }
    if (total !== entry.size) {
      const message = `The chunk list of "${printable(entry.name)}" does not add up to its ${entry.size} bytes.`;
      throw new BitacoraError('DATA_CORRUPT', message);
    }
  }

  async *#listNode(
    id: Uint8Array,
    length: number | undefined,
    parentLevel: number | undefined,
  ): AsyncGenerator<ContentItem> {
    const node = decodeList(await this.#source.read(CHUNK_KINDS.list, id));
    checkLevel(node.kind === 'leaf' ? 0 : node.level, parentLevel);
    const parts = node.kind === 'leaf' ? node.items : node.children;
    const total = parts.reduce((sum, part) => sum + part.length, 0);
    if (length !== undefined && total !== length) {
      throw new BitacoraError('DATA_CORRUPT', `A part of a chunk list has ${total} bytes, expected ${length}.`);
    }
    if (node.kind === 'leaf') yield* node.items;
    else for (const child of node.children) yield* this.#listNode(child.id, child.length, node.level);
  }
}

/** Decodes the entry a cursor stands on and checks its name. Names, ids and values are views of the leaf's bytes. */
export function entryAt(cursor: LeafCursor): TreeEntry {
  const entry = decodeEntry(new NodeReader(cursor.bytes, 'a directory entry', cursor.start, cursor.end));
  checkEntryName(entry.name);
  return entry;
}

/** The entries of one leaf. One out of form is passed over; behind one whose end is not known, nothing can be told apart. */
function* entriesOf(cursor: LeafCursor, { onDamage }: LeavesOptions): Generator<TreeEntry> {
  for (;;) {
    let entry: TreeEntry;
    let framed = false;
    try {
      if (!cursor.next()) return;
      framed = true;
      entry = entryAt(cursor);
    } catch (error) {
      if (!onDamage || !isBitacoraError(error)) throw error;
      onDamage(error);
      if (framed) continue;
      return;
    }
    yield entry;
  }
}

/** Keeps names rising from leaf to leaf, as each cursor does inside its own. */
class NameOrder {
  #last: Uint8Array | undefined;

  enter(bytes: Uint8Array, firstName: Uint8Array | undefined): LeafCursor {
    const first = new LeafCursor(bytes);
    if (first.next()) {
      if (firstName && !equalBytes(first.name, firstName)) throw outOfOrder();
      if (this.#last && compareBytes(this.#last, first.name) >= 0) throw outOfOrder();
    } else if (firstName) throw outOfOrder();
    // A copy, so that an entry that is kept does not keep all of its neighbours' frame.
    return new LeafCursor(new Uint8Array(bytes));
  }

  leave(cursor: LeafCursor): void {
    if (cursor.fixed > 0) this.#last = cursor.name;
  }
}

function childFor(children: readonly InnerChild[], name: Uint8Array): InnerChild | undefined {
  let low = 0;
  let high = children.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareBytes(children[middle]!.firstName, name) <= 0) low = middle + 1;
    else high = middle;
  }
  return children[low - 1];
}

/** Levels fall by one from node to child, so that no tree, however made, is deeper than its root claims. */
function checkLevel(level: number, parentLevel: number | undefined): void {
  if (parentLevel === undefined || level === parentLevel - 1) return;
  const message = `A tree node of level ${level} stands below one of level ${parentLevel}.`;
  throw new BitacoraError('DATA_CORRUPT', message);
}

function outOfOrder(): BitacoraError {
  return new BitacoraError('DATA_CORRUPT', 'The names in a directory node are not where its parent says.');
}

async function guard<T>(options: LeavesOptions, run: () => Promise<T>): Promise<T | undefined> {
  try {
    return await run();
  } catch (error) {
    const lost = isBitacoraError(error, 'DATA_CORRUPT') || isBitacoraError(error, 'OBJECT_MISSING');
    if (!lost || !options.onDamage) throw error;
    options.onDamage(error);
    return undefined;
  }
}
