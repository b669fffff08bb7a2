import { utf8 } from '../base/index.js';
import {
  CHUNK_KINDS,
  encodeInner,
  encodeLeaf,
  FIXED,
  fnv1a,
  INNER_SPLIT,
  type InnerChild,
  LEAF_SPLIT,
  type OwnerName,
  splitsInner,
} from '../format/index.js';
import type { NodeSink } from './node-sink.js';

const NOTHING = new Uint8Array(0);
const ENTRIES_BYTES_FIRST = 4096;

/** The names that numeric owners have on this machine. */
export interface OwnerLookup {
  user(uid: number): string | undefined;
  group(gid: number): string | undefined;
}

/**
 * Builds one directory's nodes from its entries, given in memcmp order of their names. Memory: one leaf and one short list
 * a level, however many entries there are. Where it splits depends on names alone: docs/format.md §9.
 */
export class DirectoryWriter {
  readonly #sink: NodeSink;
  readonly #owners: OwnerLookup;
  #entries = NOTHING;
  #used = 0;
  #count = 0;
  #firstName: Uint8Array | undefined;
  readonly #uids = new Set<number>();
  readonly #gids = new Set<number>();
  readonly #levels: InnerChild[][] = [];
  entries = 0;

  constructor(sink: NodeSink, owners: OwnerLookup) {
    this.#sink = sink;
    this.#owners = owners;
  }

  /**
   * Adds one encoded entry, its length prefix included: `bytes[start, end)`, whose name is `bytes[nameStart, fixed)`. The
   * bytes are copied.
   */
  add(bytes: Uint8Array, start: number, end: number, nameStart: number, fixed: number): void {
    const length = end - start;
    if (this.#count > 0 && this.#endsBefore(bytes, nameStart, fixed, length)) this.#closeLeaf();
    if (this.#count === 0) this.#firstName = bytes.slice(nameStart, fixed);
    if (this.#used + length > this.#entries.length) this.#grow(length);
    this.#entries.set(bytes.subarray(start, end), this.#used);
    this.#used += length;
    this.#count++;
    this.entries++;
    this.#uids.add(readUInt32(bytes, fixed + FIXED.uid));
    this.#gids.add(readUInt32(bytes, fixed + FIXED.gid));
  }

  /** Closes the directory and returns its root's id. */
  finish(): Uint8Array {
    if (this.#levels.length === 0) return this.#storeLeaf();
    this.#closeLeaf();
    for (let level = 0; ; level++) {
      const children = this.#levels[level]!;
      if (level === this.#levels.length - 1) {
        return children.length === 1 ? children[0]!.id : this.#storeInner(level + 1, children);
      }
      this.#closeInner(level);
    }
  }

  #endsBefore(bytes: Uint8Array, nameStart: number, fixed: number, length: number): boolean {
    if (this.#count >= LEAF_SPLIT.entriesMax || this.#used + length > LEAF_SPLIT.bytesMax) return true;
    return this.#count >= LEAF_SPLIT.entriesMin && (fnv1a(bytes.subarray(nameStart, fixed)) & LEAF_SPLIT.mask) === 0;
  }

  #grow(length: number): void {
    const larger = new Uint8Array(Math.max(ENTRIES_BYTES_FIRST, this.#entries.length * 2, this.#used + length));
    larger.set(this.#entries.subarray(0, this.#used));
    this.#entries = larger;
  }

  #closeLeaf(): void {
    const firstName = this.#firstName;
    if (!firstName) return;
    this.#addChild(0, { firstName, id: this.#storeLeaf() });
  }

  #storeLeaf(): Uint8Array {
    const bytes = encodeLeaf(this.#ownerNames(), this.#entries.subarray(0, this.#used), this.#count);
    this.#used = 0;
    this.#count = 0;
    this.#firstName = undefined;
    this.#uids.clear();
    this.#gids.clear();
    return this.#store(bytes);
  }

  #addChild(level: number, child: InnerChild): void {
    this.#levels[level] ??= [];
    const children = this.#levels[level];
    const full = children.length >= INNER_SPLIT.childrenMax;
    if (full || (children.length >= INNER_SPLIT.childrenMin && splitsInner(level + 1, child.firstName))) {
      this.#closeInner(level);
    }
    this.#levels[level]!.push(child);
  }

  /** Turns the children gathered at `level` into one node of the level above. */
  #closeInner(level: number): void {
    const children = this.#levels[level]!;
    this.#levels[level] = [];
    this.#addChild(level + 1, { firstName: children[0]!.firstName, id: this.#storeInner(level + 1, children) });
  }

  #storeInner(level: number, children: readonly InnerChild[]): Uint8Array {
    return this.#store(encodeInner(level, children));
  }

  #store(bytes: Uint8Array): Uint8Array {
    const id = this.#sink.identify(CHUNK_KINDS.node, bytes);
    this.#sink.add(CHUNK_KINDS.node, id, bytes);
    return id;
  }

  #ownerNames(): OwnerName[] {
    const names: OwnerName[] = [];
    for (const id of [...this.#uids].sort((a, b) => a - b)) {
      const name = this.#owners.user(id);
      if (name !== undefined) names.push({ kind: 'user', id, name: utf8(name) });
    }
    for (const id of [...this.#gids].sort((a, b) => a - b)) {
      const name = this.#owners.group(id);
      if (name !== undefined) names.push({ kind: 'group', id, name: utf8(name) });
    }
    return names;
  }
}

function readUInt32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
