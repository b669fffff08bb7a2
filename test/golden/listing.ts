import { createHash } from 'node:crypto';
import { type BigIntStats, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What is at each path below a root, which itself is '.': kind, mode, time and content in one line. */
export type Listing = Readonly<Record<string, string>>;

/** Directories with more names than this are told by one digest. */
const NAMES_MOST = 100;

/** Lists a tree; the paths' bytes outside of printable ASCII are written `%xx`. */
export function listTree(root: string): Listing {
  const lines = new Map<string, string>();
  walk(Buffer.from(root), '.', lines, new Map());
  return Object.fromEntries(lines);
}

function walk(path: Buffer, shown: string, lines: Map<string, string>, seen: Map<bigint, string>): void {
  const stat = lstatSync(path, { bigint: true });
  const first = stat.nlink > 1n && !stat.isDirectory() ? seen.get(stat.ino) : undefined;
  lines.set(shown, first === undefined ? describe(path, stat) : `same file as ${first}`);
  seen.set(stat.ino, seen.get(stat.ino) ?? shown);
  if (!stat.isDirectory()) return;
  const names = readdirSync(path, { encoding: 'buffer' }).sort(Buffer.compare);
  const inner = names.length > NAMES_MOST ? new Map<string, string>() : lines;
  for (const name of names) {
    walk(Buffer.concat([path, Buffer.from('/'), name]), `${shown}/${printableName(name)}`, inner, seen);
  }
  if (inner === lines) return;
  const digest = sha256(Buffer.from(JSON.stringify([...inner])));
  lines.set(`${shown}/*`, `${names.length} names, listing ${digest}`);
}

function describe(path: Buffer, stat: BigIntStats): string {
  const seconds = stat.mtimeNs / 1_000_000_000n;
  const time = `${seconds}.${(stat.mtimeNs % 1_000_000_000n).toString().padStart(9, '0')}`;
  const common = `${(stat.mode & 0o7777n).toString(8).padStart(4, '0')} ${time}`;
  if (stat.isDirectory()) return `directory ${common}`;
  if (stat.isSymbolicLink()) return `link ${common} to ${readlinkSync(path)}`;
  return `file ${common} ${stat.size} ${sha256(readFileSync(path))}`;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function printableName(name: Buffer): string {
  const hex = (byte: string) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`;
  return name.toString('latin1').replace(/[^ -~]|%/g, hex);
}
