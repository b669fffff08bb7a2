import { decodeUtf8, isoNanoTime, pathFields, printable } from '../base/index.js';
import { ENTRY_FLAGS, ENTRY_TYPES, type EntryType, type OwnerName, type TreeEntry } from '../format/index.js';
import type { EntryItem } from './contract/entry.js';

/** An entry of a tree with its full path and the names that its directory knows for owners. */
export interface ListedEntry {
  readonly path: Uint8Array;
  readonly entry: TreeEntry;
  readonly owners: readonly OwnerName[];
}

const TYPE_NAMES: Readonly<Record<EntryType, EntryItem['type']>> = {
  1: 'file',
  2: 'directory',
  3: 'symlink',
  4: 'fifo',
  5: 'char_device',
  6: 'block_device',
  7: 'socket',
  8: 'records',
};

/** The word for a type of entry. */
export function typeName(type: EntryType): EntryItem['type'] {
  return TYPE_NAMES[type];
}

/** What answers say of an entry. */
export function entryItem({ path, entry, owners }: ListedEntry): EntryItem {
  const { content, flags } = entry;
  const user = ownerName(owners, 'user', entry.uid);
  const group = ownerName(owners, 'group', entry.gid);
  return {
    ...pathFields('path', path),
    type: typeName(entry.type),
    mode: entry.mode.toString(8).padStart(4, '0'),
    uid: entry.uid,
    gid: entry.gid,
    ...(user === undefined ? {} : { user }),
    ...(group === undefined ? {} : { group }),
    ...(entry.type === ENTRY_TYPES.file ? { size: entry.size } : {}),
    mtime: isoNanoTime(entry.mtimeSec, entry.mtimeNsec),
    ...(content.form === 'link' ? pathFields('target', content.target) : {}),
    ...(content.form === 'device' ? { major: content.major, minor: content.minor } : {}),
    ...(flags & ENTRY_FLAGS.stale ? { stale: true } : {}),
    ...(flags & ENTRY_FLAGS.unread ? { unread: true } : {}),
  };
}

function ownerName(owners: readonly OwnerName[], kind: 'user' | 'group', id: number): string | undefined {
  const found = owners.find((owner) => owner.kind === kind && owner.id === id);
  return found && (decodeUtf8(found.name) ?? printable(found.name));
}
