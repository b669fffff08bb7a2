import {
  appendFileSync,
  chmodSync,
  closeSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { SeededRandom } from './random.js';

/** Who is not root needs to get in again. */
const MODES = [0o700, 0o755, 0o4755, 0o1777, ...(process.geteuid?.() === 0 ? [0o640, 0o400, 0o000] : [])];

/** Changes to a source tree. `a` chooses where, `b` what; any numbers do, so that sequences shrink well. */
export const CHANGES: Readonly<Record<string, (root: string, a: number, b: number) => void>> = {
  create: (root, a, b) => writeFileSync(freshName(root, a, 'f'), content(b)),
  edit: onFile((file, b) => writeFileSync(file, content(b))),
  append: onFile((file, b) => appendFileSync(file, content(b % 5000))),
  truncate: onFile((file, b) => truncateSync(file, b % (lstatSync(file).size + 1))),
  'edit in place, unseen': onFile(editUnseen),
  delete: onEntry((entry) => rmSync(entry, { recursive: true })),
  rename: (root, a, b) => {
    const entry = choose(entries(root), a);
    // A directory cannot go below itself.
    const to = freshName(root, b, 'r');
    if (entry && !`${to}/`.startsWith(`${entry}/`)) renameSync(entry, to);
  },
  chmod: onEntry((entry, b) => {
    if (!lstatSync(entry).isSymbolicLink()) chmodSync(entry, MODES[b % MODES.length]!);
  }),
  touch: onEntry((entry, b) => {
    if (!lstatSync(entry).isSymbolicLink()) utimesSync(entry, 0, b / 1000);
  }),
  symlink: (root, a, b) => symlinkSync(['f', '..', 'nowhere', 'a/b', 'x'.repeat(300)][b % 5]!, freshName(root, a, 's')),
  'hard link': (root, a, b) => {
    const file = choose(files(root), b);
    if (file) linkSync(file, freshName(root, a, 'h'));
  },
  'make directory': (root, a) => mkdirSync(freshName(root, a, 'd')),
  'directory into file': (root, a, b) => {
    const directory = choose(directories(root).slice(1), a);
    if (!directory) return;
    rmSync(directory, { recursive: true });
    writeFileSync(directory, content(b));
  },
  'file into directory': onFile((file, b) => {
    rmSync(file);
    mkdirSync(file);
    writeFileSync(join(file, 'inside'), content(b));
  }),
  'big file': (root, a, b) =>
    writeFileSync(freshName(root, a, 'big'), new SeededRandom(b).bytes(400_000 + (b % 1_500_000))),
  'sparse file': (root, a, b) => {
    const fd = openSync(freshName(root, a, 'sparse'), 'wx');
    writeSync(fd, content(b), 0, undefined, (b % 100) * 10_000);
    closeSync(fd);
    truncateSync(
      choose(
        files(root).filter((file) => /\/sparse\d+$/.test(file)),
        0,
      )!,
      1_500_000,
    );
  },
};

function onFile(change: (file: string, b: number) => void): (root: string, a: number, b: number) => void {
  return (root, a, b) => {
    const file = choose(files(root), a);
    if (file) change(file, b);
  };
}

function onEntry(change: (entry: string, b: number) => void): (root: string, a: number, b: number) => void {
  return (root, a, b) => {
    const entry = choose(entries(root), a);
    if (entry) change(entry, b);
  };
}

/** Same size, same time of modification, other bytes: only the time of change tells. */
function editUnseen(file: string, b: number): void {
  const { size, atime, mtime } = lstatSync(file);
  if (size === 0) return;
  const fd = openSync(file, 'r+');
  const at = b % Math.min(size, 100_000);
  const before = readFileSync(file).subarray(at, at + 1);
  writeSync(fd, Buffer.of((before[0]! + 1) % 256), 0, 1, at);
  closeSync(fd);
  utimesSync(file, atime, mtime);
}

/** Nothing, a few bytes, or up to 60 kB of text or noise. */
function content(b: number): Uint8Array {
  const random = new SeededRandom(b);
  const length = [0, 7, 900, 17_000, 60_000][b % 5]!;
  return b % 2 === 0 ? random.text(length) : random.bytes(length);
}

function freshName(root: string, number: number, stem: string): string {
  const directory = choose(directories(root), number)!;
  for (let i = number % 1000; ; i++) {
    const name = join(directory, `${stem}${i}`);
    if (!existsSync(name) && !isDangling(name)) return name;
  }
}

function isDangling(name: string): boolean {
  return lstatSync(name, { throwIfNoEntry: false }) !== undefined;
}

function choose<T>(items: readonly T[], number: number): T | undefined {
  return items[number % Math.max(1, items.length)];
}

function files(root: string): string[] {
  return entries(root).filter((entry) => lstatSync(entry).isFile());
}

/** The root first. */
function directories(root: string): string[] {
  return [root, ...entries(root).filter((entry) => lstatSync(entry).isDirectory())];
}

/** Everything below, links not followed. */
function entries(root: string): string[] {
  const found = readdirSync(root, { recursive: true, withFileTypes: true });
  return found.map((entry) => join(entry.parentPath, entry.name)).sort();
}
