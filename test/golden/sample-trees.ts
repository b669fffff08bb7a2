import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/** The same bytes at every run for one seed, as good as random. */
export function seededBytes(seed: string, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let n = 0; n * 32 < length; n++) blocks.push(createHash('sha256').update(`${seed} ${n}`).digest());
  return Buffer.concat(blocks).subarray(0, length);
}

/** A tree of everything that a plain user's file system has, as small as that goes. `root` must not exist. */
export function makeTree(root: string): void {
  mkdirSync(join(root, 'docs/deep/er'), { recursive: true });
  mkdirSync(join(root, 'empty directory'));
  writeFileSync(join(root, 'docs/notes.txt'), 'Cut, identify, frame, compress, seal.\n'.repeat(100));
  writeFileSync(join(root, 'docs/deep/er/binary'), seededBytes('binary', 2000));
  writeFileSync(join(root, 'docs/deep/empty'), '');
  writeFileSync(Buffer.from(join(root, 'docs/caf\xe9'), 'latin1'), 'A name that is not UTF-8.\n');
  writeFileSync(join(root, 'docs/ñandú 🦤'), 'A name that is.\n');
  symlinkSync('../docs/notes.txt', join(root, 'docs/link'));
  symlinkSync('/nowhere', join(root, 'dangling'));
  linkSync(join(root, 'docs/notes.txt'), join(root, 'docs/deep/the same notes'));
  chmodSync(join(root, 'docs/deep/er/binary'), 0o755);
  writeFileSync(join(root, 'locked'), 'Nobody may write here.\n', { mode: 0o400 });
  makeSparse(join(root, 'sparse'));
  // So many short names that their directory has several leaves below an inner node.
  mkdirSync(join(root, 'many'));
  for (let i = 0; i < 1030; i++) writeFileSync(join(root, 'many', i.toString(36)), '');
  settleTimes(Buffer.from(root));
}

/** More runs of data and holes than one chunk list holds, in the same chunk again and again. */
function makeSparse(path: string): void {
  const block = seededBytes('block', 4096);
  const file = openSync(path, 'wx');
  for (let i = 0; i < 520; i++) writeSync(file, block, 0, block.length, i * 16_384);
  closeSync(file);
  truncateSync(path, 520 * 16_384);
}

/** The same tree a day later: changed, new, renamed and removed. */
export function changeTree(root: string): void {
  rmSync(join(root, 'docs/deep/er'), { recursive: true });
  writeFileSync(join(root, 'docs/ñandú 🦤'), 'A name that is, with other content.\n');
  writeFileSync(join(root, 'docs/new'), seededBytes('new', 300));
  symlinkSync('new', join(root, 'docs/newer'));
  for (const path of ['docs/ñandú 🦤', 'docs/new', 'docs/newer', 'docs/deep', 'docs']) settleTime(join(root, path));
}

/** A few files, for vaults that get damaged. */
export function makeSmallTree(root: string): void {
  mkdirSync(join(root, 'directory'), { recursive: true });
  writeFileSync(join(root, 'directory/text'), 'Every byte counts.\n'.repeat(20));
  writeFileSync(join(root, 'binary'), seededBytes('small', 9000));
  settleTimes(Buffer.from(root));
}

export function changeSmallTree(root: string): void {
  writeFileSync(join(root, 'directory/more'), seededBytes('more', 1000));
  for (const path of ['directory/more', 'directory']) settleTime(join(root, path));
}

/** Settles the time of everything below and at `path`, directories after what they hold. */
function settleTimes(path: Buffer): void {
  for (const entry of readdirSync(path, { encoding: 'buffer', withFileTypes: true })) {
    const below = Buffer.concat([path, Buffer.from('/'), entry.name]);
    if (entry.isDirectory()) settleTimes(below);
    else settleTime(below);
  }
  settleTime(path);
}

/** Gives a file or directory a time that hangs on its name, with a fraction that floating point holds exactly. */
function settleTime(path: string | Buffer): void {
  const name = Buffer.from(path).toString('latin1').split('/').at(-1) ?? '';
  const time = 1_700_000_000.5 + createHash('sha256').update(name).digest().readUInt16BE();
  lutimesSync(path, time, time);
}
