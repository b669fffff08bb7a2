import {
  ENTRY_FLAGS,
  ENTRY_TYPES,
  type EntryContent,
  type EntryStat,
  type EntryType,
  type ExtendedAttribute,
  encodeEntry,
  FIXED,
  type LeafCursor,
  readSeconds,
  readSize,
  type TreeEntry,
} from '../format/index.js';
import type { FileStat } from '../posix/index.js';

/** Keyed by the type bits of a mode, four bits from the twelfth on. */
const TYPE_OF_MODE = new Map<number, EntryType>([
  [0o10, ENTRY_TYPES.file],
  [0o04, ENTRY_TYPES.directory],
  [0o12, ENTRY_TYPES.symlink],
  [0o01, ENTRY_TYPES.fifo],
  [0o02, ENTRY_TYPES.charDevice],
  [0o06, ENTRY_TYPES.blockDevice],
  [0o14, ENTRY_TYPES.socket],
]);

export function typeOf(mode: number): EntryType | undefined {
  return TYPE_OF_MODE.get((mode >>> 12) & 0o17);
}

/** What was seen of an entry, kept while its content is read. */
export interface Seen {
  readonly type: EntryType;
  readonly stat: EntryStat;
  readonly flags: number;
  readonly device: bigint;
}

/**
 * Copies what an entry needs from a stat that is about to be filled again.
 * `racyFromSec`: an entry written at this moment (seconds, with a fraction) or later may change again without its times telling.
 */
export function seenOf(stat: FileStat, type: EntryType, racyFromSec: number): Seen {
  const linked = type !== ENTRY_TYPES.directory && stat.nlink > 1;
  const written = Math.max(stat.mtimeSec + stat.mtimeNsec / 1e9, stat.ctimeSec + stat.ctimeNsec / 1e9);
  const racy = written >= racyFromSec;
  const sized = type === ENTRY_TYPES.file || type === ENTRY_TYPES.symlink;
  return {
    type,
    flags: (linked ? ENTRY_FLAGS.linkGroup : 0) | (racy && type === ENTRY_TYPES.file ? ENTRY_FLAGS.racy : 0),
    device: linked ? BigInt(stat.dev) : 0n,
    stat: {
      mode: stat.mode & 0o7777,
      uid: stat.uid,
      gid: stat.gid,
      mtimeSec: stat.mtimeSec,
      mtimeNsec: stat.mtimeNsec,
      ctimeSec: stat.ctimeSec,
      ctimeNsec: stat.ctimeNsec,
      inode: stat.ino,
      size: sized ? stat.size : 0,
    },
  };
}

export interface EntryParts {
  readonly flags?: number;
  readonly size?: number;
  readonly xattrs?: readonly ExtendedAttribute[];
}

/** The encoded entry of something seen, with its content. The caller owns the result. */
export function entryBytes(name: Uint8Array, seen: Seen, content: EntryContent, parts: EntryParts = {}): Uint8Array {
  return encodeEntry(entryOf(name, seen, content, parts));
}

export function entryOf(name: Uint8Array, seen: Seen, content: EntryContent, parts: EntryParts = {}): TreeEntry {
  const xattrs = parts.xattrs ?? [];
  const { stat } = seen;
  // Field by field: a spread here is a tenth of the walk's time.
  return {
    mode: stat.mode,
    uid: stat.uid,
    gid: stat.gid,
    mtimeSec: stat.mtimeSec,
    mtimeNsec: stat.mtimeNsec,
    ctimeSec: stat.ctimeSec,
    ctimeNsec: stat.ctimeNsec,
    inode: stat.inode,
    size: parts.size ?? stat.size,
    name,
    type: seen.type,
    flags: seen.flags | (parts.flags ?? 0) | (xattrs.length > 0 ? ENTRY_FLAGS.xattrs : 0),
    device: seen.device,
    xattrs,
    content,
  };
}

const NOT_TRUSTED = ENTRY_FLAGS.racy | ENTRY_FLAGS.stale | ENTRY_FLAGS.unread;

/**
 * Whether the parent's entry under the cursor describes what `stat` sees: type, size, mtime, ctime and inode are equal and
 * the parent trusted its own reading. Owner, mode and attributes cannot change without the ctime.
 */
export function unchanged(cursor: LeafCursor, stat: FileStat, type: EntryType): boolean {
  const { bytes, fixed } = cursor;
  return (
    bytes[fixed + FIXED.type] === type &&
    (bytes[fixed + FIXED.flags]! & NOT_TRUSTED) === 0 &&
    bytes.readUInt32BE(fixed + FIXED.mtimeNsec) === stat.mtimeNsec &&
    bytes.readUInt32BE(fixed + FIXED.ctimeNsec) === stat.ctimeNsec &&
    readSeconds(bytes, fixed + FIXED.mtimeSec) === stat.mtimeSec &&
    readSeconds(bytes, fixed + FIXED.ctimeSec) === stat.ctimeSec &&
    bytes.readBigUInt64BE(fixed + FIXED.inode) === stat.ino &&
    (type === ENTRY_TYPES.directory || readSize(bytes, fixed + FIXED.size) === sizeOf(stat, type))
  );
}

function sizeOf(stat: FileStat, type: EntryType): number {
  return type === ENTRY_TYPES.file || type === ENTRY_TYPES.symlink ? stat.size : 0;
}

/** The ids that an entry's content names directly; undefined where they stand in a chunk list. */
export function inlineIds(entry: TreeEntry): Uint8Array | undefined {
  if (entry.content.form === 'chunk') return entry.content.id;
  if (entry.content.form !== 'items') return undefined;
  return Buffer.concat(entry.content.items.flatMap((item) => (item.id ? [item.id] : [])));
}
