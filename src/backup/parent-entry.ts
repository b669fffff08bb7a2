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

/** What stands for a file that could not be read: its last known content, or none. */
export function carriedBytes(name: Uint8Array, seen: Seen, known: TreeEntry | undefined): Uint8Array {
  if (known?.type === ENTRY_TYPES.file) return staleBytes(known, name);
  return entryBytes(name, seen, { form: 'none' }, { flags: ENTRY_FLAGS.unread });
}
