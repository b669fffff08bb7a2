import {
  decodeEntry,
  ENTRY_FLAGS,
  ENTRY_TYPES,
  encodeEntry,
  type LeafCursor,
  NodeReader,
  type TreeEntry,
} from '../format/index.js';
import { entryBytes, type Seen } from './entry-of.js';

/** The parent snapshot's entry under the cursor. */
export function decodeBefore(cursor: LeafCursor): TreeEntry {
  return decodeEntry(new NodeReader(cursor.bytes, 'a directory entry', cursor.start, cursor.end));
}

/** The parent's entry taken over as it was, marked stale. */
export function staleBytes(known: TreeEntry, name: Uint8Array): Uint8Array {
  return encodeEntry({ ...known, name, flags: known.flags | ENTRY_FLAGS.stale });
}

/** What stands for a file that could not be read: its last known content, or what was `read` of it all the same, or none. */
export function carriedBytes(
  name: Uint8Array,
  seen: Seen,
  known: TreeEntry | undefined,
  read: Uint8Array | undefined,
): Uint8Array {
  const isKnown = known?.type === ENTRY_TYPES.file && (known.flags & ENTRY_FLAGS.unread) === 0;
  if (isKnown) return staleBytes(known, name);
  if (read) return read;
  return entryBytes(name, seen, { form: 'none' }, { flags: ENTRY_FLAGS.unread });
}
