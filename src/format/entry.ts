import { asBuffer, BitacoraError } from '../base/index.js';
import {
  type ContentItem,
  ENTRY_FLAGS,
  ENTRY_TYPES,
  type EntryContent,
  type EntryType,
  type ExtendedAttribute,
  type TreeEntry,
} from './entry-types.js';
import { newer } from './failure.js';
import { varintBytes, writeVarint } from './varint.js';

/** Offsets inside the fixed block that follows the name. */
export const FIXED = {
  type: 0,
  flags: 1,
  mode: 2,
  uid: 4,
  gid: 8,
  mtimeSec: 12,
  mtimeNsec: 20,
  ctimeSec: 24,
  ctimeNsec: 32,
  inode: 36,
  size: 44,
  bytes: 52,
} as const;

const ID_BYTES = 32;
const FLAGS_KNOWN = Object.values(ENTRY_FLAGS).reduce((all, flag) => all | flag, 0);
/** More than any system has, and what two bytes count. */
const NAME_BYTES_MAX = 0xffff;
const XATTRS_MAX = 0xffff;
const FORM = { none: 0, chunk: 1, items: 2, list: 3 } as const;

function contentBytes(entry: TreeEntry): number {
  const { content } = entry;
  switch (content.form) {
    case 'none':
      return entry.type === ENTRY_TYPES.file ? 1 : 0;
    case 'chunk':
    case 'list':
      return 1 + ID_BYTES;
    case 'items': {
      let total = 1 + varintBytes(content.items.length);
      for (const item of content.items) total += varintBytes(item.length * 2) + (item.id ? ID_BYTES : 0);
      return total;
    }
    case 'directory':
      return ID_BYTES;
    case 'link':
      return varintBytes(content.target.length) + content.target.length;
    case 'device':
      return 8;
  }
}

function xattrBytes(entry: TreeEntry): number {
  if (!(entry.flags & ENTRY_FLAGS.xattrs)) return 0;
  let total = varintBytes(entry.xattrs.length);
  for (const { name, value } of entry.xattrs) {
    total += varintBytes(name.length) + name.length + varintBytes(value.length) + value.length;
  }
  return total;
}

function putFixed(out: Buffer, at: number, entry: TreeEntry): number {
  out[at + FIXED.type] = entry.type;
  out[at + FIXED.flags] = entry.flags;
  out.writeUInt16BE(entry.mode & 0o7777, at + FIXED.mode);
  out.writeUInt32BE(entry.uid, at + FIXED.uid);
  out.writeUInt32BE(entry.gid, at + FIXED.gid);
  putSeconds(out, at + FIXED.mtimeSec, entry.mtimeSec);
  out.writeUInt32BE(entry.mtimeNsec, at + FIXED.mtimeNsec);
  putSeconds(out, at + FIXED.ctimeSec, entry.ctimeSec);
  out.writeUInt32BE(entry.ctimeNsec, at + FIXED.ctimeNsec);
  out.writeBigUInt64BE(entry.inode, at + FIXED.inode);
  out.writeUInt32BE(Math.floor(entry.size / 2 ** 32), at + FIXED.size);
  out.writeUInt32BE(entry.size % 2 ** 32, at + FIXED.size + 4);
  return at + FIXED.bytes;
}

function putSeconds(out: Buffer, at: number, seconds: number): void {
  out.writeInt32BE(Math.floor(seconds / 2 ** 32), at);
  out.writeUInt32BE(seconds - Math.floor(seconds / 2 ** 32) * 2 ** 32, at + 4);
}

function putItems(out: Buffer, offset: number, items: readonly ContentItem[]): number {
  let at = writeVarint(out, offset, items.length);
  for (const item of items) at = putItem(out, at, item);
  return at;
}

/** Writes one content item and returns the offset behind it; `into` needs 41 bytes of room. */
export function putItem(into: Uint8Array, offset: number, item: ContentItem): number {
  const at = writeVarint(into, offset, item.length * 2 + (item.id ? 0 : 1));
  if (!item.id) return at;
  into.set(item.id, at);
  return at + ID_BYTES;
}

function putContent(out: Buffer, offset: number, entry: TreeEntry): number {
  const { content } = entry;
  let at = offset;
  switch (content.form) {
    case 'none':
      if (entry.type === ENTRY_TYPES.file) out[at++] = FORM.none;
      return at;
    case 'chunk':
    case 'list':
      out[at++] = FORM[content.form];
      out.set(content.id, at);
      return at + ID_BYTES;
    case 'items':
      out[at++] = FORM.items;
      return putItems(out, at, content.items);
    case 'directory':
      out.set(content.id, at);
      return at + ID_BYTES;
    case 'link':
      at = writeVarint(out, at, content.target.length);
      out.set(content.target, at);
      return at + content.target.length;
    case 'device':
      out.writeUInt32BE(content.major, at);
      out.writeUInt32BE(content.minor, at + 4);
      return at + 8;
  }
}

/** An entry's bytes as they stand in a leaf, its length prefix included. The caller owns the result. */
export function encodeEntry(entry: TreeEntry): Uint8Array {
  const linked = (entry.flags & ENTRY_FLAGS.linkGroup) !== 0;
  const rest =
    varintBytes(entry.name.length) +
    entry.name.length +
    FIXED.bytes +
    (linked ? 8 : 0) +
    xattrBytes(entry) +
    contentBytes(entry);
  const out = Buffer.allocUnsafe(varintBytes(rest) + rest);
  let at = writeVarint(out, 0, rest);
  at = writeVarint(out, at, entry.name.length);
  out.set(entry.name, at);
  at = putFixed(out, at + entry.name.length, entry);
  if (linked) at = out.writeBigUInt64BE(entry.device, at);
  if (entry.flags & ENTRY_FLAGS.xattrs) {
    at = writeVarint(out, at, entry.xattrs.length);
    for (const { name, value } of entry.xattrs) {
      at = writeVarint(out, at, name.length);
      out.set(name, at);
      at = writeVarint(out, at + name.length, value.length);
      out.set(value, at);
      at += value.length;
    }
  }
  at = putContent(out, at, entry);
  if (at !== out.length) throw new TypeError(`Entry codec wrote ${at} of ${out.length} bytes.`);
  return out;
}

/** A bounds-checked reader; every failure is `DATA_CORRUPT` naming `what`. */
export class NodeReader {
  readonly bytes: Buffer;
  at: number;
  readonly end: number;
  readonly #what: string;

  constructor(bytes: Uint8Array, what: string, start = 0, end = bytes.length) {
    this.bytes = asBuffer(bytes);
    this.at = start;
    this.end = end;
    this.#what = what;
  }

  fail(problem: string): BitacoraError {
    return new BitacoraError('DATA_CORRUPT', `Cannot read ${this.#what}: ${problem} at byte ${this.at}.`, {
      details: { object: this.#what },
    });
  }

  need(length: number): void {
    if (length > this.end - this.at) throw this.fail('it ends too early');
  }

  byte(): number {
    this.need(1);
    return this.bytes[this.at++]!;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (let n = 0; n < 8; n++) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) {
        if ((byte === 0 && n > 0) || value > Number.MAX_SAFE_INTEGER) throw this.fail('a number is out of form');
        return value;
      }
      scale *= 128;
    }
    throw this.fail('a number is too long');
  }

  /** A view of the next `length` bytes. */
  take(length: number): Buffer {
    this.need(length);
    const view = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    return view;
  }

  /** A count of things of at least `least` bytes each, so that a claim cannot allocate more than there is. */
  count(least: number): number {
    const count = this.varint();
    if (count * least > this.end - this.at) throw this.fail('it claims more than it holds');
    return count;
  }

  done(): void {
    if (this.at !== this.end) throw this.fail('it has bytes left over');
  }
}

export function readSeconds(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
}

export function readSize(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
}

export function readItems(reader: NodeReader): ContentItem[] {
  const count = reader.count(1);
  const items: ContentItem[] = [];
  for (let i = 0; i < count; i++) {
    const tagged = reader.varint();
    const length = Math.floor(tagged / 2);
    if (length === 0) throw reader.fail('a run of no bytes');
    items.push({ length, id: tagged % 2 === 0 ? reader.take(ID_BYTES) : undefined });
  }
  return items;
}

function readFileContent(reader: NodeReader, size: number): EntryContent {
  const form = reader.byte();
  if (form === FORM.none) return { form: 'none' };
  if (form === FORM.chunk) return { form: 'chunk', id: reader.take(ID_BYTES) };
  if (form === FORM.list) return { form: 'list', id: reader.take(ID_BYTES) };
  if (form !== FORM.items) throw reader.fail('an unknown form of content');
  const items = readItems(reader);
  let total = 0;
  for (const item of items) total += item.length;
  if (total !== size) throw reader.fail('runs that do not add up to the size');
  return { form: 'items', items };
}

function readContent(reader: NodeReader, type: number, size: number): EntryContent {
  switch (type) {
    case ENTRY_TYPES.file:
      return readFileContent(reader, size);
    case ENTRY_TYPES.directory:
    case ENTRY_TYPES.records:
      return { form: 'directory', id: reader.take(ID_BYTES) };
    case ENTRY_TYPES.symlink:
      return { form: 'link', target: reader.take(reader.count(1)) };
    case ENTRY_TYPES.charDevice:
    case ENTRY_TYPES.blockDevice: {
      const numbers = reader.take(8);
      return { form: 'device', major: numbers.readUInt32BE(0), minor: numbers.readUInt32BE(4) };
    }
    case ENTRY_TYPES.fifo:
    case ENTRY_TYPES.socket:
      return { form: 'none' };
    default:
      throw newer('a directory entry', `it has the type ${type}`);
  }
}

function readXattrs(reader: NodeReader): ExtendedAttribute[] {
  const count = reader.count(2);
  if (count > XATTRS_MAX) throw reader.fail(`it has ${count} attributes, expected at most ${XATTRS_MAX}`);
  const xattrs: ExtendedAttribute[] = [];
  for (let i = 0; i < count; i++) {
    const name = reader.take(reader.count(1));
    if (name.length > NAME_BYTES_MAX) throw reader.fail(`the name of an attribute has ${name.length} bytes`);
    xattrs.push({ name, value: reader.take(reader.count(1)) });
  }
  return xattrs;
}

/** The entry that fills these bytes, such as a scope's root; its names, ids and values are views. Throws `DATA_CORRUPT` naming `what`. */
export function decodeWholeEntry(bytes: Uint8Array, what: string): TreeEntry {
  const reader = new NodeReader(bytes, what);
  const entry = decodeEntry(reader);
  reader.done();
  return entry;
}

/** What no system has and some take for a command, such as nanoseconds that mean "now". */
function checkFixed(reader: NodeReader, name: Uint8Array, flags: number, fixed: Buffer): void {
  if (name.length > NAME_BYTES_MAX) throw reader.fail(`its name has ${name.length} bytes`);
  if ((flags & ~FLAGS_KNOWN) !== 0) throw newer('a directory entry', `it has the flags ${flags}`);
  if (fixed.readUInt16BE(FIXED.mode) > 0o7777) throw reader.fail('permission bits out of range');
  const nanoseconds = Math.max(fixed.readUInt32BE(FIXED.mtimeNsec), fixed.readUInt32BE(FIXED.ctimeNsec));
  if (nanoseconds > 999_999_999) throw reader.fail(`${nanoseconds} nanoseconds`);
}

/**
 * Reads one entry, its length prefix included, and moves the reader behind it. Names, ids and values are views of the
 * reader's bytes. Throws `DATA_CORRUPT`.
 */
export function decodeEntry(reader: NodeReader): TreeEntry {
  const length = reader.count(1);
  const inner = new NodeReader(reader.bytes, 'a directory entry', reader.at, reader.at + length);
  const name = inner.take(inner.count(1));
  const fixed = inner.take(FIXED.bytes);
  const type = fixed[FIXED.type]! as EntryType;
  const flags = fixed[FIXED.flags]!;
  const size = readSize(fixed, FIXED.size);
  if (size > Number.MAX_SAFE_INTEGER) throw inner.fail('a size out of range');
  checkFixed(inner, name, flags, fixed);
  if (type === ENTRY_TYPES.records && name.length > 0) throw inner.fail('records inside a directory');
  const device = flags & ENTRY_FLAGS.linkGroup ? inner.take(8).readBigUInt64BE(0) : 0n;
  const xattrs = flags & ENTRY_FLAGS.xattrs ? readXattrs(inner) : [];
  const content = readContent(inner, type, size);
  inner.done();
  reader.at += length;
  return {
    name,
    type,
    flags,
    mode: fixed.readUInt16BE(FIXED.mode),
    uid: fixed.readUInt32BE(FIXED.uid),
    gid: fixed.readUInt32BE(FIXED.gid),
    mtimeSec: readSeconds(fixed, FIXED.mtimeSec),
    mtimeNsec: fixed.readUInt32BE(FIXED.mtimeNsec),
    ctimeSec: readSeconds(fixed, FIXED.ctimeSec),
    ctimeNsec: fixed.readUInt32BE(FIXED.ctimeNsec),
    inode: fixed.readBigUInt64BE(FIXED.inode),
    size,
    device,
    xattrs,
    content,
  };
}
