import { equalBytes } from '../../base/index.js';
import { ENTRY_FLAGS, ENTRY_TYPES, type ExtendedAttribute, type TreeEntry } from '../../format/index.js';
import { contentKey } from '../link-group.js';

/** In what two things of one name differ. `unread`: the backup never saw the content of one of them. */
export type Difference = 'type' | 'content' | 'target' | 'device' | 'mode' | 'owner' | 'times' | 'xattrs' | 'unread';

/** How contents and times are compared; the two sides of a comparison may be of different kinds. */
export interface CompareRules {
  /** Whether the bytes of two files of equal size are taken to be equal. */
  sameContent(before: TreeEntry, after: TreeEntry): boolean;
  sameTime(before: TreeEntry, after: TreeEntry): boolean;
}

/** Between two snapshots: contents by their chunk ids, times to the nanosecond. */
export const SNAPSHOT_RULES: CompareRules = {
  sameContent: (before, after) => contentKey(before.content) === contentKey(after.content),
  sameTime: (before, after) => before.mtimeSec === after.mtimeSec && before.mtimeNsec === after.mtimeNsec,
};

/** What differs, in a fixed order; nothing for things that are equal. What lies in directories does not count. */
export function compareEntries(before: TreeEntry, after: TreeEntry, rules: CompareRules): Difference[] {
  if (before.type !== after.type) return ['type'];
  const found: Difference[] = [];
  const link = before.type === ENTRY_TYPES.symlink;
  if ((before.flags | after.flags) & ENTRY_FLAGS.unread) found.push('unread');
  else if (before.type === ENTRY_TYPES.file) {
    if (before.size !== after.size || !rules.sameContent(before, after)) found.push('content');
  } else if (link && contentKey(before.content) !== contentKey(after.content)) found.push('target');
  else if (before.content.form === 'device' && contentKey(before.content) !== contentKey(after.content)) {
    found.push('device');
  }
  if (!link && before.mode !== after.mode) found.push('mode');
  if (before.uid !== after.uid || before.gid !== after.gid) found.push('owner');
  if (!rules.sameTime(before, after)) found.push('times');
  if (!sameAttributes(before.xattrs, after.xattrs)) found.push('xattrs');
  return found;
}

/** Both sorted by name. */
function sameAttributes(a: readonly ExtendedAttribute[], b: readonly ExtendedAttribute[]): boolean {
  if (a.length !== b.length) return false;
  return a.every(({ name, value }, i) => equalBytes(name, b[i]!.name) && equalBytes(value, b[i]!.value));
}
