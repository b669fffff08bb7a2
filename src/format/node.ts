import { compareBytes } from '../base/index.js';
import { FIXED, NodeReader } from './entry.js';
import { writeVarint } from './varint.js';

/** The first byte of a node or list says what follows, docs/format.md §9. */
export const NODE_TAGS = { leaf: 1, inner: 2, listLeaf: 3, listInner: 4 } as const;

/** Where a writer splits directory nodes, docs/format.md §9. */
export const LEAF_SPLIT = { entriesMin: 64, entriesMax: 1024, bytesMax: 1 << 20, mask: 0xff } as const;
export const INNER_SPLIT = { childrenMin: 8, childrenMax: 512, mask: 0x3f } as const;

/** The name that a numeric owner had when the snapshot was taken. */
export interface OwnerName {
  readonly kind: 'user' | 'group';
  readonly id: number;
  readonly name: Uint8Array;
}

export interface InnerChild {
  readonly firstName: Uint8Array;
  readonly id: Uint8Array;
}

/** FNV-1a, 32 bit. */
export function fnv1a(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash >>> 0;
}

/** Whether an inner node of `level` should end before a child whose first name is `name`. */
export function splitsInner(level: number, name: Uint8Array): boolean {
  const shift = 8 + 6 * (level - 1);
  return shift < 32 && ((fnv1a(name) >>> shift) & INNER_SPLIT.mask) === 0;
}

/** Joins owners and already encoded entries (length prefixes included) to a directory leaf. */
export function encodeLeaf(owners: readonly OwnerName[], entries: Uint8Array, count: number): Uint8Array {
  let ownerBytes = 10;
  for (const owner of owners) ownerBytes += 15 + owner.name.length;
  const out = Buffer.allocUnsafe(1 + ownerBytes + 10 + entries.length);
  out[0] = NODE_TAGS.leaf;
  let at = writeVarint(out, 1, owners.length);
  for (const owner of owners) {
    out[at] = owner.kind === 'user' ? 0 : 1;
    out.writeUInt32BE(owner.id, at + 1);
    at = writeVarint(out, at + 5, owner.name.length);
    out.set(owner.name, at);
    at += owner.name.length;
  }
  at = writeVarint(out, at, count);
  out.set(entries, at);
  return out.subarray(0, at + entries.length);
}

export function encodeInner(level: number, children: readonly InnerChild[]): Uint8Array {
  let size = 12;
  for (const child of children) size += 5 + child.firstName.length + 32;
  const out = Buffer.allocUnsafe(size);
  out[0] = NODE_TAGS.inner;
  out[1] = level;
  let at = writeVarint(out, 2, children.length);
  for (const child of children) {
    at = writeVarint(out, at, child.firstName.length);
    out.set(child.firstName, at);
    out.set(child.id, at + child.firstName.length);
    at += child.firstName.length + 32;
  }
  return out.subarray(0, at);
}

/**
 * Walks the entries of one leaf without making an object for each. After `next()` returned true the offsets describe the
 * current entry inside `bytes`: [start, end) with its length prefix, [nameStart, fixed) its name, `fixed` its fixed block.
 * Throws `DATA_CORRUPT`; names must rise strictly.
 */
export class LeafCursor {
  readonly owners: readonly OwnerName[];
  readonly bytes: Buffer;
  start = 0;
  end = 0;
  nameStart = 0;
  fixed = 0;
  #left: number;
  readonly #reader: NodeReader;

  constructor(bytes: Uint8Array) {
    const reader = new NodeReader(bytes, 'a directory node');
    if (reader.byte() !== NODE_TAGS.leaf) throw reader.fail('not a leaf');
    this.owners = readOwners(reader);
    this.#left = reader.count(3 + FIXED.bytes);
    this.bytes = reader.bytes;
    this.#reader = reader;
  }

  next(): boolean {
    const reader = this.#reader;
    if (this.#left === 0) {
      reader.done();
      return false;
    }
    this.#left--;
    const previousStart = this.nameStart;
    const previousEnd = this.fixed;
    this.start = reader.at;
    const length = reader.count(1);
    this.end = reader.at + length;
    const nameLength = reader.varint();
    this.nameStart = reader.at;
    this.fixed = reader.at + nameLength;
    if (nameLength === 0 || this.fixed + FIXED.bytes > this.end) throw reader.fail('an entry out of form');
    if (previousEnd > 0 && this.#compareToPrevious(previousStart, previousEnd) <= 0) {
      throw reader.fail('names that do not rise');
    }
    reader.at = this.end;
    return true;
  }

  /** memcmp of the current name with `name`. */
  compareName(name: Uint8Array): number {
    return this.bytes.compare(name, 0, name.length, this.nameStart, this.fixed);
  }

  get name(): Uint8Array {
    return this.bytes.subarray(this.nameStart, this.fixed);
  }

  #compareToPrevious(start: number, end: number): number {
    return this.bytes.compare(this.bytes, start, end, this.nameStart, this.fixed);
  }
}

function readOwners(reader: NodeReader): OwnerName[] {
  const count = reader.count(6);
  const owners: OwnerName[] = [];
  for (let i = 0; i < count; i++) {
    const kind = reader.byte();
    if (kind > 1) throw reader.fail('an unknown kind of owner');
    const id = reader.take(4).readUInt32BE(0);
    owners.push({ kind: kind === 0 ? 'user' : 'group', id, name: reader.take(reader.count(1)) });
  }
  return owners;
}

/** The children of an inner directory node, in rising order of their first names. */
export function decodeInner(bytes: Uint8Array): { level: number; children: InnerChild[] } {
  const reader = new NodeReader(bytes, 'a directory node');
  if (reader.byte() !== NODE_TAGS.inner) throw reader.fail('not an inner node');
  const level = reader.byte();
  if (level === 0) throw reader.fail('an inner node of level 0');
  const count = reader.count(33);
  const children: InnerChild[] = [];
  for (let i = 0; i < count; i++) {
    const firstName = reader.take(reader.count(1));
    const previous = children.at(-1);
    if (previous && compareBytes(previous.firstName, firstName) >= 0) throw reader.fail('names that do not rise');
    children.push({ firstName, id: reader.take(32) });
  }
  reader.done();
  if (count === 0) throw reader.fail('an inner node without children');
  return { level, children };
}

export function isLeaf(bytes: Uint8Array): boolean {
  return bytes[0] === NODE_TAGS.leaf;
}
