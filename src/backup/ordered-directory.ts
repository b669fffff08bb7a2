import type { LeafCursor } from '../format/index.js';
import { closeFd } from '../posix/index.js';
import type { EntryWriter } from './entry-writer.js';
import type { Likeness } from './likeness.js';

/** The place of one entry, kept in order while its content is still being read. */
export interface Slot {
  /** Set once known: an encoded entry in `bytes[start, end)`. */
  bytes: Uint8Array | undefined;
  start: number;
  end: number;
  nameStart: number;
  fixed: number;
  /** The entry turned out to be gone. */
  dropped: boolean;
}

/**
 * Directories that have become complete and have not said so. What one says may complete the one above it: they say it one
 * after another and not inside each other, so that the depth of a tree is not one of the stack.
 */
const complete: OrderedDirectory[] = [];

function tellComplete(): void {
  try {
    // The first stays in its place while it speaks: that is how the next one knows that somebody listens.
    for (let at = 0; at < complete.length; at++) complete[at]!.tell();
  } finally {
    complete.length = 0;
  }
}

/**
 * One directory on its way into the tree. Entries come in the order of names; some are known at once, others when a worker has
 * read them. They reach the writer in order, and only those behind a pending one wait in memory.
 */
export class OrderedDirectory {
  readonly fd: number;
  readonly #writer: EntryWriter;
  readonly #done: (root: Uint8Array) => void;
  readonly #before: { readonly root: Uint8Array; readonly likeness: Likeness } | undefined;
  /** The writer has what came so far. */
  #writing: boolean;
  #queue: Slot[] = [];
  #head = 0;
  #pending = 0;
  #reads = 0;
  #scanned = false;
  #abandoned = false;
  #closed = false;

  /**
   * `done` is called once, when all entries are known, with the id of the root node: the one of `before` where nothing differs from
   * it. The descriptor is closed here.
   */
  constructor(
    fd: number,
    writer: EntryWriter,
    done: (root: Uint8Array) => void,
    before?: { readonly root: Uint8Array; readonly likeness: Likeness },
  ) {
    this.fd = fd;
    this.#writer = writer;
    this.#done = done;
    this.#before = before;
    this.#writing = before === undefined;
  }

  /** Takes over the cursor's entry as it stands. */
  addCopy(cursor: LeafCursor): void {
    this.#add(cursor.bytes, cursor.start, cursor.end, cursor.nameStart, cursor.fixed);
  }

  /** Takes an encoded entry whose bytes nobody changes afterwards. */
  addEncoded(bytes: Uint8Array): void {
    const { nameStart, fixed } = locateName(bytes);
    this.#add(bytes, 0, bytes.length, nameStart, fixed);
  }

  /** Keeps a place for an entry that `resolve` or `drop` fills later. */
  reserve(): Slot {
    const slot: Slot = { bytes: undefined, start: 0, end: 0, nameStart: 0, fixed: 0, dropped: false };
    this.#queue.push(slot);
    this.#pending++;
    return slot;
  }

  resolve(slot: Slot, bytes: Uint8Array): void {
    const { nameStart, fixed } = locateName(bytes);
    slot.bytes = bytes;
    slot.end = bytes.length;
    slot.nameStart = nameStart;
    slot.fixed = fixed;
    this.#settle();
  }

  drop(slot: Slot): void {
    slot.dropped = true;
    this.#settle();
  }

  /** The descriptor is needed by somebody until `release`. */
  hold(): void {
    this.#reads++;
  }

  release(): void {
    this.#reads--;
    this.#closeIfUnused();
  }

  /** All names have been seen. */
  scanned(): void {
    this.#scanned = true;
    this.#closeIfUnused();
    this.#finishIfComplete();
  }

  /** The walk failed: the directory is never done. The descriptor closes when nobody reads by it any more. */
  abandon(): void {
    this.#abandoned = true;
    this.#closeIfUnused();
  }

  /** Entries in memory that wait for a pending one before them. */
  get waiting(): number {
    return this.#queue.length - this.#head;
  }

  #add(bytes: Uint8Array, start: number, end: number, nameStart: number, fixed: number): void {
    if (this.#queue.length === this.#head) this.#put(bytes, start, end, nameStart, fixed);
    else this.#queue.push({ bytes, start, end, nameStart, fixed, dropped: false });
  }

  #settle(): void {
    this.#pending--;
    while (this.#head < this.#queue.length) {
      const slot = this.#queue[this.#head]!;
      if (!slot.dropped && !slot.bytes) break;
      if (slot.bytes) this.#put(slot.bytes, slot.start, slot.end, slot.nameStart, slot.fixed);
      this.#head++;
    }
    if (this.#head === this.#queue.length || this.#head > 1024) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    this.#finishIfComplete();
  }

  #finishIfComplete(): void {
    if (!this.#scanned || this.#abandoned || this.#pending > 0) return;
    complete.push(this);
    if (complete.length === 1) tellComplete();
  }

  /** Says that all entries are known. */
  tell(): void {
    const before = this.#writing ? undefined : this.#before;
    if (before?.likeness.complete) {
      this.#done(before.root);
      return;
    }
    before?.likeness.replay(this.#writer);
    this.#done(this.#writer.finish());
  }

  /** The next entry in order. The writer begins only when the directory is known to differ from the one before. */
  #put(bytes: Uint8Array, start: number, end: number, nameStart: number, fixed: number): void {
    if (!this.#writing) {
      const { likeness } = this.#before!;
      if (likeness.takes(bytes, start, end, fixed)) return;
      likeness.replay(this.#writer);
      this.#writing = true;
    }
    this.#writer.add(bytes, start, end, nameStart, fixed);
  }

  #closeIfUnused(): void {
    if (this.#closed || this.#reads > 0 || !(this.#scanned || this.#abandoned)) return;
    this.#closed = true;
    closeFd(this.fd);
  }
}

/** Where the name lies in an encoded entry. */
function locateName(bytes: Uint8Array): { nameStart: number; fixed: number } {
  let at = 0;
  while (bytes[at]! >= 128) at++;
  at++;
  let length = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = bytes[at++]!;
    length += (byte & 127) * scale;
    if (byte < 128) break;
  }
  return { nameStart: at, fixed: at + length };
}
