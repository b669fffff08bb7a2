import { equalBytes } from '../base/index.js';
import { ENTRY_TYPES, type ExtendedAttribute, type TreeEntry } from '../format/index.js';
import { capabilities, type FileStat, type Xattr } from '../posix/index.js';
import type { Overwrite } from './options.js';
import type { Owner } from './owners.js';

const TYPE_BITS = 0o170000;
const FORMATS: Readonly<Record<number, number>> = {
  [ENTRY_TYPES.file]: 0o100000,
  [ENTRY_TYPES.directory]: 0o040000,
  [ENTRY_TYPES.symlink]: 0o120000,
  [ENTRY_TYPES.fifo]: 0o010000,
  [ENTRY_TYPES.charDevice]: 0o020000,
  [ENTRY_TYPES.blockDevice]: 0o060000,
  [ENTRY_TYPES.socket]: 0o140000,
};

/** The type bits that `stat` has for a type of entry. */
export function formatBits(type: number): number {
  return FORMATS[type] ?? 0;
}

export function sameType(entry: TreeEntry, stat: FileStat): boolean {
  return (stat.mode & TYPE_BITS) === formatBits(entry.type);
}

/**
 * What to do with an item whose name is taken. `keep`: leave it. `same`: its bytes are taken to be the snapshot's; look
 * at the rest. `replace`: build it anew and put it in the other's place. `refuse`: no rule allows that.
 */
export type Decision = 'keep' | 'same' | 'replace' | 'refuse';

/** @param same - Whether what is there looks like the entry: see `looksSame`. */
export function decide(overwrite: Overwrite | undefined, same: boolean): Decision {
  if (overwrite === undefined) return 'refuse';
  if (overwrite === 'never') return 'keep';
  return overwrite === 'changed' && same ? 'same' : 'replace';
}

/** Whether an existing item's content is taken for the entry's: by size and time for files, exactly for the others. */
export function looksSame(entry: TreeEntry, stat: FileStat, linkTarget: () => Uint8Array): boolean {
  if (!sameType(entry, stat)) return false;
  switch (entry.content.form) {
    case 'link':
      return equalBytes(entry.content.target, linkTarget());
    case 'device':
      return entry.content.major === stat.rdevMajor && entry.content.minor === stat.rdevMinor;
    default:
      return entry.type !== ENTRY_TYPES.file || (entry.size === stat.size && sameTime(entry, stat));
  }
}

let slackNs: number | undefined;

/** Equal times; without native calls, as equal as a restore can make them, which is to about a microsecond. */
export function sameTime(entry: TreeEntry, stat: FileStat): boolean {
  slackNs ??= capabilities().exactTimes ? 0 : 2000;
  return Math.abs((entry.mtimeSec - stat.mtimeSec) * 1e9 + entry.mtimeNsec - stat.mtimeNsec) <= slackNs;
}

export function sameAccess(stat: FileStat, owner: Owner | undefined, permissions: number): boolean {
  const ownerSame = !owner || (owner.uid === stat.uid && owner.gid === stat.gid);
  return ownerSame && (stat.mode & 0o7777) === permissions;
}

/** Both sorted by name. */
export function sameXattrs(wanted: readonly ExtendedAttribute[], found: readonly Xattr[]): boolean {
  return (
    wanted.length === found.length &&
    wanted.every(({ name, value }, i) => equalBytes(name, found[i]!.name) && equalBytes(value, found[i]!.value))
  );
}
