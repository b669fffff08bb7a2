/**
 * The slow, short reader: restores a user's newest snapshot from a vault, written from docs/format.md alone. It shares no
 * code with the program, so that what both understand is what the page says.
 */
import {
  chmodSync,
  closeSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { init } from '@bokuweb/zstd-wasm';
import { Cursor, ensure } from './reader-bytes.js';
import { readLog } from './reader-log.js';
import { Chunks } from './reader-packs.js';
import { type Collection, readRecords } from './reader-records.js';
import { type Entry, readDirectory, readEntry, readList, TYPES } from './reader-tree.js';
import { openUser, openVault } from './reader-vault.js';

const SLASH = Buffer.from('/');

/** Once for all: a second `init` of that package spoils its memory. */
const zstdReady = init();

/** Restores into `target`, each scope at its own path below it; the result lists what is odd or was left out. */
export async function restoreNewest(vault: string, keyFile: string, name: string, target: string): Promise<string[]> {
  await zstdReady;
  const user = openUser(openVault(vault, keyFile), name);
  const { manifests, buried } = readLog(user);
  const newest = manifests.at(-1);
  ensure(newest, `The user "${name}" has no snapshot`);
  const chunks = new Chunks(user, buried);
  const linked = new Map<string, Buffer>();
  for (const { path, entry } of newest.scopes) {
    const scope = Buffer.from(path);
    for (const step of scope.toString('latin1').split('/').slice(1)) checkName(Buffer.from(step, 'latin1'));
    const to = Buffer.concat([Buffer.from(target), scope]);
    mkdirSync(to.subarray(0, to.lastIndexOf('/')), { recursive: true });
    const cursor = new Cursor(entry, 'The entry of a scope');
    const root = readEntry(cursor);
    if (root.type === TYPES.records && root.root) writeRecords(readRecords(chunks, root.root), to);
    else writeEntry(chunks, linked, root, to);
    cursor.end();
  }
  return chunks.warnings;
}

/** A file for each collection, with an array of what was sent, or the value. */
function writeRecords(collections: readonly Collection[], to: Buffer): void {
  mkdirSync(to);
  for (const { name, isValue, records } of collections) {
    const json = records.map((record) => record.json).join(',');
    const file = Buffer.concat([to, SLASH, Buffer.from(`${encodeURIComponent(name)}.json`)]);
    writeFileSync(file, isValue ? json : `[${json}]`, { flag: 'wx' });
  }
}

function checkName(name: Buffer): void {
  const text = name.toString('latin1');
  ensure(!['', '.', '..'].includes(text) && !/[/\0]/.test(text), `A snapshot holds the name "${text}"`);
}

/** `linked` has the first name of each link group. */
function writeEntry(chunks: Chunks, linked: Map<string, Buffer>, entry: Entry, to: Buffer): void {
  const before = linked.get(entry.linkMark ?? '');
  if (before) {
    linkSync(before, to);
    return;
  }
  if (entry.linkMark) linked.set(entry.linkMark, to);
  if (entry.type === TYPES.directory && entry.root) {
    mkdirSync(to);
    for (const child of readDirectory(chunks, entry.root)) {
      checkName(child.name);
      writeEntry(chunks, linked, child, Buffer.concat([to, SLASH, child.name]));
    }
  } else if (entry.type === TYPES.link && entry.target) {
    symlinkSync(entry.target, to);
  } else if (entry.type === TYPES.file && !entry.unread) {
    writeFile(chunks, entry, to);
  } else {
    chunks.warnings.push(`"${to.toString()}" was left out: its content is unknown, or it is a fifo, device or socket`);
    return;
  }
  if (entry.type !== TYPES.link) chmodSync(to, entry.mode);
  lutimesSync(to, entry.mtime, entry.mtime);
}

function writeFile(chunks: Chunks, { root, items = [], size }: Entry, to: Buffer): void {
  const file = openSync(to, 'wx');
  let total = 0;
  try {
    for (const { length, id } of root ? readList(chunks, root) : items) {
      const bytes = id ? chunks.read(1, id) : Buffer.alloc(length);
      ensure(bytes.length === length, `"${to.toString()}": a chunk has ${bytes.length} bytes, not ${length}`);
      for (let written = 0; written < length; ) written += writeSync(file, bytes, written);
      total += length;
    }
  } finally {
    closeSync(file);
  }
  ensure(total === size, `"${to.toString()}" has ${total} bytes, not ${size}`);
}
