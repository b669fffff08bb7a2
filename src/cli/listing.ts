import {
  type BitacoraError,
  decodeUtf8,
  formatTime,
  isoNanoTime,
  jsonText,
  pathFields,
  printable,
} from '../base/index.js';
import { ENTRY_FLAGS, ENTRY_TYPES, type EntryType, type OwnerName, type TreeEntry } from '../format/index.js';
import type { Output } from './output.js';
import { formatBytes } from './units.js';

/** An entry of a tree with its full path and the names that its directory knows for owners. */
export interface ListedEntry {
  readonly path: Uint8Array;
  readonly entry: TreeEntry;
  readonly owners: readonly OwnerName[];
}

const TYPE_LETTERS: Readonly<Record<EntryType, string>> = { 1: '-', 2: 'd', 3: 'l', 4: 'p', 5: 'c', 6: 'b', 7: 's' };
const TYPE_NAMES: Readonly<Record<EntryType, string>> = {
  1: 'file',
  2: 'directory',
  3: 'symlink',
  4: 'fifo',
  5: 'char_device',
  6: 'block_device',
  7: 'socket',
};

/** Writes entries as they come, so that a folder of a million takes no more memory than one of ten. */
export class Listing {
  readonly #output: Output;
  #first = true;

  /** @param head - The members of the JSON document before its entries. */
  constructor(output: Output, head: Readonly<Record<string, unknown>>) {
    this.#output = output;
    if (output.json) output.raw(`${jsonText(head, 2).slice(0, -2)},\n  "entries": [`);
  }

  add(listed: ListedEntry): void {
    if (!this.#output.json) {
      this.#output.line(entryLine(listed));
      return;
    }
    this.#output.raw(`${this.#first ? '' : ','}\n    ${jsonText(entryDocument(listed))}`);
    this.#first = false;
  }

  /** @param error - Why the entries end here, if not because these are all: the document stays one that parses. */
  finish(error?: BitacoraError): void {
    if (!this.#output.json) return;
    this.#output.raw(`${this.#first ? '' : '\n  '}]`);
    if (error) {
      const { code, message, details } = error;
      this.#output.raw(`,\n  "error": ${jsonText({ code, message, details })}`);
    }
    this.#output.raw('\n}\n');
  }
}

function entryLine({ path, entry, owners }: ListedEntry): string {
  const { mode, type, size, content } = entry;
  const columns = [
    modeText(mode, type),
    ownerText(owners, 'user', entry.uid).padEnd(8),
    ownerText(owners, 'group', entry.gid).padEnd(8),
    (type === ENTRY_TYPES.file ? formatBytes(size) : '').padStart(8),
    formatTime(entry.mtimeSec * 1000),
    printable(path) + (content.form === 'link' ? ` -> ${printable(content.target)}` : ''),
  ];
  const marks = [
    [ENTRY_FLAGS.stale, '(stale: could not be read this time)'],
    [ENTRY_FLAGS.unread, '(could not be read)'],
  ] as const;
  return [...columns, ...marks.filter(([flag]) => entry.flags & flag).map(([, text]) => text)].join('  ');
}

function entryDocument({ path, entry, owners }: ListedEntry): Record<string, unknown> {
  const { content, flags } = entry;
  return {
    ...pathFields('path', path),
    type: TYPE_NAMES[entry.type],
    mode: entry.mode.toString(8).padStart(4, '0'),
    uid: entry.uid,
    gid: entry.gid,
    user: ownerName(owners, 'user', entry.uid),
    group: ownerName(owners, 'group', entry.gid),
    size: entry.type === ENTRY_TYPES.file ? entry.size : undefined,
    mtime: isoNanoTime(entry.mtimeSec, entry.mtimeNsec),
    ...(content.form === 'link' ? pathFields('target', content.target) : {}),
    ...(content.form === 'device' ? { major: content.major, minor: content.minor } : {}),
    stale: flags & ENTRY_FLAGS.stale ? true : undefined,
    unread: flags & ENTRY_FLAGS.unread ? true : undefined,
  };
}

/** `drwxr-sr-t`, as `ls -l` has it. */
export function modeText(mode: number, type: EntryType): string {
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

function ownerText(owners: readonly OwnerName[], kind: 'user' | 'group', id: number): string {
  return ownerName(owners, kind, id) ?? String(id);
}

function ownerName(owners: readonly OwnerName[], kind: 'user' | 'group', id: number): string | undefined {
  const found = owners.find((owner) => owner.kind === kind && owner.id === id);
  return found && (decodeUtf8(found.name) ?? printable(found.name));
}
