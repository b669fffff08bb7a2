import { NodeReader, putItem, readItems } from './entry.js';
import type { ContentItem } from './entry-types.js';
import { NODE_TAGS } from './node.js';
import { writeVarint } from './varint.js';

/** Where a writer splits chunk lists, docs/format.md §9. */
export const LIST_SPLIT = { itemsMin: 64, itemsMax: 1024 } as const;
export const LIST_INNER_SPLIT = { childrenMin: 8, childrenMax: 512, mask: 0x3f } as const;

export interface ListChild {
  /** Bytes of the file below this child. */
  readonly length: number;
  readonly id: Uint8Array;
}

export function encodeListLeaf(items: readonly ContentItem[]): Uint8Array {
  const out = Buffer.allocUnsafe(11 + items.length * 41);
  out[0] = NODE_TAGS.listLeaf;
  let at = writeVarint(out, 1, items.length);
  for (const item of items) at = putItem(out, at, item);
  return out.subarray(0, at);
}

export function encodeListInner(level: number, children: readonly ListChild[]): Uint8Array {
  const out = Buffer.allocUnsafe(12 + children.length * 41);
  out[0] = NODE_TAGS.listInner;
  out[1] = level;
  let at = writeVarint(out, 2, children.length);
  for (const child of children) {
    at = writeVarint(out, at, child.length);
    out.set(child.id, at);
    at += 32;
  }
  return out.subarray(0, at);
}

export type ChunkListNode =
  | { readonly kind: 'leaf'; readonly items: readonly ContentItem[] }
  | { readonly kind: 'inner'; readonly level: number; readonly children: readonly ListChild[] };

/** Ids are views of `bytes`. Throws `DATA_CORRUPT`. */
export function decodeList(bytes: Uint8Array): ChunkListNode {
  const reader = new NodeReader(bytes, 'a chunk list');
  const tag = reader.byte();
  if (tag === NODE_TAGS.listLeaf) {
    const items = readItems(reader);
    reader.done();
    if (items.length === 0) throw reader.fail('an empty list');
    return { kind: 'leaf', items };
  }
  if (tag !== NODE_TAGS.listInner) throw reader.fail('not a chunk list');
  const level = reader.byte();
  if (level === 0) throw reader.fail('an inner list of level 0');
  const count = reader.count(33);
  const children: ListChild[] = [];
  for (let i = 0; i < count; i++) {
    const length = reader.varint();
    if (length === 0) throw reader.fail('a child of no bytes');
    children.push({ length, id: reader.take(32) });
  }
  reader.done();
  if (count === 0) throw reader.fail('an inner list without children');
  return { kind: 'inner', level, children };
}
