import {
  appendFileSync,
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { SeededRandom } from './random.js';

/** Bytes of an average file; the sizes spread from nothing to many times this. */
const USUAL_BYTES = 20_000;

/** Makes a directory with files to begin with. */
export function plant(root: string, random: SeededRandom, files: number): void {
  mkdirSync(root, { recursive: true });
  for (let i = 0; i < files; i++) createFile(root, random);
}

/** Changes a tree here and there, as people and programs do. */
export function edit(root: string, random: SeededRandom, changes: number): void {
  for (let i = 0; i < changes; i++) random.pick(CHANGES)(root, random);
}

type Change = (root: string, random: SeededRandom) => void;

const CHANGES: readonly Change[] = [
  createFile,
  createFile,
  rewrite,
  append,
  truncate,
  remove,
  rename,
  chmod,
  touch,
  link,
  hardLink,
];

function createFile(root: string, random: SeededRandom): void {
  const directory = join(root, `d${random.below(4)}`, random.chance(0.5) ? `e${random.below(3)}` : '');
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, `f${random.next()}`), content(random));
}

function content(random: SeededRandom): Uint8Array {
  const length = Math.floor(USUAL_BYTES * (random.below(1000) / 300) ** 3);
  return random.chance(0.5) ? random.bytes(length) : random.text(length);
}

function rewrite(root: string, random: SeededRandom): void {
  withFile(root, random, (file) => writeFileSync(file, content(random)));
}

function append(root: string, random: SeededRandom): void {
  withFile(root, random, (file) => appendFileSync(file, content(random)));
}

function truncate(root: string, random: SeededRandom): void {
  withFile(root, random, (file) => truncateSync(file, random.below(lstatSync(file).size + 1)));
}

function remove(root: string, random: SeededRandom): void {
  withFile(root, random, (file) => rmSync(file));
}

function rename(root: string, random: SeededRandom): void {
  withFile(root, random, (file) => renameSync(file, join(root, `r${random.next()}`)));
}

function chmod(root: string, random: SeededRandom): void {
  withFile(root, random, (file) => chmodSync(file, random.pick([0o600, 0o644, 0o755, 0o4711])));
}

function touch(root: string, random: SeededRandom): void {
  withFile(root, random, (file) => utimesSync(file, 1, random.below(2 ** 31)));
}

function link(root: string, random: SeededRandom): void {
  symlinkSync(random.pick(['f', '../nowhere', 'd0', '.']), join(root, `l${random.next()}`));
}

function hardLink(root: string, random: SeededRandom): void {
  withFile(root, random, (file) => linkSync(file, join(root, `h${random.next()}`)));
}

/** A regular file anywhere below, links not followed; nothing happens where there is none. */
function withFile(root: string, random: SeededRandom, use: (file: string) => void): void {
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  if (files.length === 0) return;
  const file = random.pick(files.sort((a, b) => (join(a.parentPath, a.name) < join(b.parentPath, b.name) ? -1 : 1)));
  use(join(file.parentPath, file.name));
}
