import type { EntryItem } from '../api/index.js';
import { formatTime, printableText } from '../base/index.js';
import { countOf, formatBytes } from './units.js';

const TYPE_LETTERS: Readonly<Record<EntryItem['type'], string>> = {
  file: '-',
  directory: 'd',
  symlink: 'l',
  fifo: 'p',
  char_device: 'c',
  block_device: 'b',
  socket: 's',
  records: 'R',
};

/** An entry as `ls -l` has it, with its full path. */
export function entryLine(entry: EntryItem): string {
  const { type, mode, uid, gid, user, group, size, records, path, target, stale, unread } = entry;
  const columns = [
    modeText(Number.parseInt(mode, 8), type),
    (user ?? String(uid)).padEnd(8),
    (group ?? String(gid)).padEnd(8),
    (size === undefined ? '' : formatBytes(size)).padStart(8),
    mtimeText(entry.mtime),
    printableText(path) + (target === undefined ? '' : ` -> ${printableText(target)}`),
  ];
  if (records !== undefined) columns.push(countOf(records, 'record'));
  if (stale) columns.push('(stale: could not be read this time)');
  if (unread) columns.push('(could not be read)');
  return columns.join('  ');
}

/** Local time; a year that `Date` does not read stays as it is. */
export function mtimeText(iso: string): string {
  const time = Date.parse(iso);
  return Number.isNaN(time) ? iso : formatTime(time);
}

/** `drwxr-sr-t`, as `ls -l` has it. */
export function modeText(mode: number, type: EntryItem['type']): string {
  const bits = [...'rwxrwxrwx'].map((letter, index) => (mode & (0o400 >> index) ? letter : '-'));
  const special = [
    [0o4000, 2, 's'],
    [0o2000, 5, 's'],
    [0o1000, 8, 't'],
  ] as const;
  for (const [bit, at, letter] of special) {
    if (mode & bit) bits[at] = bits[at] === 'x' ? letter : letter.toUpperCase();
  }
  return TYPE_LETTERS[type] + bits.join('');
}
