import { toHex } from '../base/index.js';
import type { EntryContent, TreeEntry } from '../format/index.js';

/**
 * What names of one thing have in common. Besides type, device and inode they agree in what they say of it: where a stale entry and
 * a newer one bear one inode number they do not, and neither may get the other's bytes.
 */
export function linkGroupOf(entry: TreeEntry): string {
  const { type, device, inode, size, mtimeSec, mtimeNsec } = entry;
  return `${type}:${device}:${inode}:${size}:${mtimeSec}.${mtimeNsec}:${contentKey(entry.content)}`;
}

/** Equal for contents that are the same by the tree alone: nothing is read for it. */
export function contentKey(content: EntryContent): string {
  switch (content.form) {
    case 'chunk':
    case 'list':
    case 'directory':
      return toHex(content.id);
    case 'items':
      return content.items.map(({ length, id }) => `${length}${id ? toHex(id) : ''}`).join();
    case 'link':
      return toHex(content.target);
    case 'device':
      return `${content.major}:${content.minor}`;
    case 'none':
      return '';
  }
}
