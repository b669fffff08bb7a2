import { chmodSync, linkSync, mkdirSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoCode, utf8 } from '../../base/index.js';
import { closeFd, openDirectory, setXattrAt } from '../../posix/index.js';

const WORDS =
  'the session log of every user keeps what was done and why it was done so that nothing said is lost'.split(' ');

/** A small tree with everything that is easily lost: links, holes, odd names, modes, times, attributes. */
export function makeSample(directory: string): void {
  mkdirSync(directory, { mode: 0o750 });
  for (const release of [1, 2, 3]) makeRelease(join(directory, `release-${release}`), release);
  const odd = join(directory, 'odd');
  mkdirSync(join(odd, 'empty directory'), { recursive: true });
  writeFileSync(join(odd, 'noise.bin'), noise(512 * 1024));
  writeFileSync(join(odd, 'sparse.img'), 'a little at the front');
  truncateSync(join(odd, 'sparse.img'), 16 * 1024 * 1024);
  symlinkSync('../release-1/README', join(odd, 'link to a README'));
  symlinkSync('nowhere', join(odd, 'dangling link'));
  linkSync(join(odd, 'noise.bin'), join(odd, 'noise.bin, the same file by another name'));
  writeFileSync(join(odd, 'private'), 'for its owner only\n', { mode: 0o600 });
  writeFileSync(join(odd, 'line one\nline two'), 'a name of two lines\n');
  writeFileSync(join(odd, 'old'), 'from long ago\n');
  utimesSync(join(odd, 'old'), 1, 999_999_999.123456);
  tolerating('EILSEQ', () =>
    writeFileSync(Buffer.concat([utf8(`${odd}/caf`), Uint8Array.of(0xe9)]), 'a name that is not UTF-8\n'),
  );
  tolerating('ENOTSUP', () => addAttribute(odd, 'private'));
  makeNotes(join(directory, 'notes'));
}

/** What the tour changes between two backups. */
export function makeNotes(directory: string): void {
  mkdirSync(directory);
  writeFileSync(join(directory, 'today.txt'), 'Session 1: wrote the first half.\n');
  writeFileSync(join(directory, 'list.txt'), 'milk\nbread\n');
}

/** One file changed, one gone, one new. */
export function notesAfterwards(directory: string): { changed: string; removed: string; added: string } {
  const [changed, removed, added] = ['today.txt', 'list.txt', 'tomorrow.txt'].map((name) => join(directory, name));
  return { changed: changed!, removed: removed!, added: added! };
}

function makeRelease(directory: string, release: number): void {
  for (const part of ['src', 'src/deep/er/still', 'docs']) mkdirSync(join(directory, part), { recursive: true });
  writeFileSync(join(directory, 'README'), `Release ${release}\n`);
  for (let file = 0; file < 60; file++) {
    const folder = ['src', 'src/deep/er/still', 'docs'][file % 3]!;
    // Most files of a release are those of the one before.
    const edition = file % 10 === 0 ? release : 1;
    writeFileSync(join(directory, folder, `chapter-${file}.txt`), text(file * 100 + edition, 40 + file * 8));
  }
  const script = join(directory, 'src', 'run.sh');
  writeFileSync(script, '#!/bin/sh\necho done\n');
  chmodSync(script, 0o755);
}

function text(seed: number, lines: number): string {
  const next = numbers(seed);
  const line = (): string => Array.from({ length: 12 }, () => WORDS[next() % WORDS.length]).join(' ');
  return Array.from({ length: lines }, (_, index) => `${index}: ${line()}\n`).join('');
}

function noise(length: number): Uint8Array {
  const next = numbers(7);
  return Uint8Array.from({ length }, () => next() & 0xff);
}

/** The same numbers in every run (xorshift32), so that every tour shows the same. */
function numbers(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state >>> 8;
  };
}

function addAttribute(directory: string, name: string): void {
  const fd = openDirectory(directory);
  try {
    setXattrAt(fd, utf8(name), utf8('user.comment'), utf8('kept as well'));
  } finally {
    closeFd(fd);
  }
}

function tolerating(errno: string, run: () => void): void {
  try {
    run();
  } catch (error) {
    if (errnoCode(error) !== errno && errnoCode(error) !== 'ENOSYS') throw error;
  }
}
