import { createHash } from 'node:crypto';
import {
  type BigIntStats,
  closeSync,
  constants,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
} from 'node:fs';
import { printable, toHex } from '../../src/base/index.js';
import { listXattrsAt, listXattrsFd } from '../../src/posix/index.js';

/** Path below the root (latin1, '' is the root itself) → everything that a restore must bring back, as one line. */
export type Tree = Map<string, string>;

const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const block = new Uint8Array(1 << 20);

/**
 * Reads a tree with plain Node alone (extended attributes excepted), an open directory at a time, so that no path is
 * ever too long. What is compared: type, mode, owners, time of modification, content, link target, device, extended
 * attributes, and which names are one file.
 */
export function readTree(root: string): Tree {
  const tree: Tree = new Map();
  const groups = new Map<string, string>();
  const fd = openSync(root, DIRECTORY);
  try {
    readDirectory(fd, '', tree, groups);
  } finally {
    closeSync(fd);
  }
  return tree;
}

function readDirectory(fd: number, path: string, tree: Tree, groups: Map<string, string>): void {
  const stat = lstatSync(`/proc/self/fd/${fd}/.`, { bigint: true });
  tree.set(path, `${headOf('directory', stat)}${xattrText(listXattrsFd(fd))}`);
  const names = readdirSync(`/proc/self/fd/${fd}`, { encoding: 'buffer' });
  names.sort(Buffer.compare);
  for (const name of names) {
    const below = path === '' ? name.toString('latin1') : `${path}/${name.toString('latin1')}`;
    const place = Buffer.concat([Buffer.from(`/proc/self/fd/${fd}/`), name]);
    const entry = lstatSync(place, { bigint: true });
    if (entry.isDirectory()) {
      const inner = openSync(place, DIRECTORY);
      try {
        readDirectory(inner, below, tree, groups);
      } finally {
        closeSync(inner);
      }
    } else tree.set(below, describe(fd, name, place, entry, groups, below));
  }
}

function describe(
  dirfd: number,
  name: Buffer,
  place: Buffer,
  stat: BigIntStats,
  groups: Map<string, string>,
  path: string,
): string {
  let text: string;
  if (stat.isFile()) text = `${headOf('file', stat)} size=${stat.size} sha256=${hashFile(place)}`;
  else if (stat.isSymbolicLink()) text = `${headOf('link', stat)} to=${readlinkSync(place, 'buffer').toString('hex')}`;
  else text = `${headOf(`special ${(Number(stat.mode) & 0o170000).toString(8)}`, stat)} device=${stat.rdev}`;
  if (stat.nlink > 1n) {
    const key = `${stat.dev}:${stat.ino}`;
    const first = groups.get(key);
    groups.set(key, first ?? path);
    text += ` same-as=${first ?? 'itself'}`;
  }
  return text + xattrText(listXattrsAt(dirfd, name));
}

function headOf(type: string, stat: BigIntStats): string {
  const mode = (Number(stat.mode) & 0o7777).toString(8);
  return `${type} mode=${mode} owner=${stat.uid}:${stat.gid} mtime=${stat.mtimeNs}`;
}

function xattrText(xattrs: readonly { readonly name: Uint8Array; readonly value: Uint8Array }[]): string {
  return xattrs.map(({ name, value }) => ` ${printable(name)}=${toHex(value)}`).join('');
}

function hashFile(place: Buffer): string {
  const hash = createHash('sha256');
  const fd = openSync(place, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    for (let count = readSync(fd, block); count > 0; count = readSync(fd, block)) hash.update(block.subarray(0, count));
  } finally {
    closeSync(fd);
  }
  return hash.digest('hex');
}

/** What differs, a line each; the first ten, and how many more. */
export function differences(expected: Tree, actual: Tree): string[] {
  const found: string[] = [];
  for (const [path, text] of expected) {
    const other = actual.get(path);
    if (other === undefined) found.push(`missing: ${show(path)} (${text})`);
    else if (other !== text) found.push(`changed: ${show(path)}\n  wanted ${text}\n  found  ${other}`);
  }
  for (const path of actual.keys()) if (!expected.has(path)) found.push(`not wanted: ${show(path)}`);
  return found.length > 10 ? [...found.slice(0, 10), `and ${found.length - 10} more`] : found;
}

/** What of `actual` is neither as expected nor absent: the wrong bytes and the wrong metadata. */
export function wrongItems(expected: Tree, actual: Tree): string[] {
  const present = new Map([...expected].filter(([path]) => actual.has(path)));
  return differences(present, actual);
}

function show(path: string): string {
  return `"${printable(Buffer.from(path, 'latin1'))}"`;
}
