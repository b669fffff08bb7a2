import {
  CHUNK_KINDS,
  type ContentItem,
  type EntryContent,
  encodeListInner,
  encodeListLeaf,
  ID_BYTES,
  LIST_INNER_SPLIT,
  LIST_SPLIT,
  type ListChild,
} from '../format/index.js';
import type { NodeSink } from './node-sink.js';

/** Up to this many chunks stand in the entry itself. */
const INLINE_ITEMS_MOST = 4;

/**
 * Gathers a file's chunks and holes in order into the content of its entry: inline, or a chunk list of content-split nodes.
 * Memory is one leaf and one short list a level, whatever the file's size.
 */
export class ContentWriter {
  readonly #sink: NodeSink;
  #items: ContentItem[] = [];
  #leafBytes = 0;
  readonly #levels: ListChild[][] = [];
  size = 0;

  constructor(sink: NodeSink) {
    this.#sink = sink;
  }

  /** `id` undefined: a hole. The id is copied. */
  add(length: number, id: Uint8Array | undefined): void {
    if (length === 0) return;
    this.#items.push({ length, id: id?.slice() });
    this.#leafBytes += length;
    this.size += length;
    const count = this.#items.length;
    const natural = id !== undefined && id[0] === 0 && count >= LIST_SPLIT.itemsMin;
    if (natural || count >= LIST_SPLIT.itemsMax) this.#closeLeaf();
  }

  addChunks(ids: Uint8Array, lengths: Uint32Array): void {
    for (let i = 0; i < lengths.length; i++) this.add(lengths[i]!, ids.subarray(i * ID_BYTES, (i + 1) * ID_BYTES));
  }

  finish(): EntryContent {
    if (this.#levels.length === 0) {
      const inline = this.#inline();
      if (inline) return inline;
    }
    if (this.#items.length > 0) this.#closeLeaf();
    for (let level = 0; ; level++) {
      const children = this.#levels[level]!;
      if (level < this.#levels.length - 1) this.#closeInner(level);
      else if (children.length === 1) return { form: 'list', id: children[0]!.id };
      else return { form: 'list', id: this.#store(encodeListInner(level + 1, children)) };
    }
  }

  #inline(): EntryContent | undefined {
    const items = this.#items;
    if (items.length === 0) return { form: 'none' };
    const only = items.length === 1 ? items[0]!.id : undefined;
    if (only) return { form: 'chunk', id: only };
    return items.length <= INLINE_ITEMS_MOST ? { form: 'items', items } : undefined;
  }

  #closeLeaf(): void {
    const child = { length: this.#leafBytes, id: this.#store(encodeListLeaf(this.#items)) };
    this.#items = [];
    this.#leafBytes = 0;
    this.#addChild(0, child);
  }

  #addChild(level: number, child: ListChild): void {
    this.#levels[level] ??= [];
    const children = this.#levels[level];
    children.push(child);
    const natural = (child.id[0]! & LIST_INNER_SPLIT.mask) === 0 && children.length >= LIST_INNER_SPLIT.childrenMin;
    if (natural || children.length >= LIST_INNER_SPLIT.childrenMax) this.#closeInner(level);
  }

  #closeInner(level: number): void {
    const children = this.#levels[level]!;
    if (children.length === 0) return;
    this.#levels[level] = [];
    const length = children.reduce((sum, child) => sum + child.length, 0);
    this.#addChild(level + 1, { length, id: this.#store(encodeListInner(level + 1, children)) });
  }

  #store(bytes: Uint8Array): Uint8Array {
    const id = this.#sink.identify(CHUNK_KINDS.list, bytes);
    this.#sink.add(CHUNK_KINDS.list, id, bytes);
    return id;
  }
}
