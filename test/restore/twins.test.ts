import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { CHUNK_KINDS, ENTRY_TYPES } from '../../src/format/index.js';
import { ContentWriter } from '../../src/snapshot/index.js';
import { noise } from '../backup/fixture.js';
import { failed, makePlace, type Place } from './fixture.js';

const SHARED = { flags: 16, device: 1n, inode: 77n };

/** Mounts a file system of its own on a directory; false where that is not allowed. */
function mount(test: Test, path: string): boolean {
  mkdirSync(path, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', path], { stdio: 'ignore' });
  } catch {
    test.pass('no mounts here');
    return false;
  }
  test.teardown(() => execFileSync('umount', [path]));
  return true;
}

/** Both names of a file with a hole, one of them in a directory. */
function twins(place: Place): { content: Buffer; entries: ReturnType<Place['tree']['file']>[] } {
  const writer = new ContentWriter({ identify: (kind, bytes) => place.tree.chunk(kind, bytes), add: () => {} });
  const [head, tail] = [noise(100_000, 1), noise(100_000, 2)];
  writer.add(head.length, place.tree.chunk(CHUNK_KINDS.data, head));
  writer.add(4 * 2 ** 20, undefined);
  writer.add(tail.length, place.tree.chunk(CHUNK_KINDS.data, tail));
  const content = Buffer.concat([head, Buffer.alloc(4 * 2 ** 20), tail]);
  const more = { ...SHARED, content: writer.finish(), size: content.length, mode: 0o640 };
  const entries = [
    place.tree.file('a', '', more),
    place.tree.directory('mounted', [place.tree.file('b', '', more), place.tree.file('c', '', more)]),
  ];
  return { content, entries };
}

t.test('further names on another file system become copies, and it is said', async (test) => {
  const place = await makePlace(test);
  if (!mount(test, join(place.target, 'mounted'))) return;
  const { content, entries } = twins(place);
  const report = await place.restore(entries, { overwrite: 'changed', verify: true });
  test.same(failed(report), []);
  test.same(
    report.warnings.items.map(({ code, path }) => `${code} ${path}`),
    ['EXDEV mounted/b', 'EXDEV mounted/c'],
  );
  test.equal(report.verified, 3);
  for (const name of ['a', 'mounted/b', 'mounted/c']) {
    const path = join(place.target, name);
    test.ok(readFileSync(path).equals(content), name);
    const stat = lstatSync(path);
    test.equal(stat.mode & 0o7777, 0o640);
    test.equal(Math.floor(stat.mtimeMs), 1_600_000_000_123);
    test.ok(stat.blocks * 512 < 2 ** 20, 'its hole takes no room');
  }
});

t.test('further names of what is no file are made anew on another file system', async (test) => {
  const place = await makePlace(test);
  if (!mount(test, join(place.target, 'mounted'))) return;
  const fifo = (name: string) => place.tree.entry(name, ENTRY_TYPES.fifo, { form: 'none' }, SHARED);
  const entries = [fifo('a'), place.tree.directory('mounted', [fifo('b')])];
  const report = await place.restore(entries, { overwrite: 'changed' });
  test.same(failed(report), []);
  test.ok(statSync(join(place.target, 'mounted/b')).isFIFO());
});

t.test('a copy that finds no space is listed and leaves nothing', async (test) => {
  const place = await makePlace(test);
  const path = join(place.target, 'mounted');
  if (!mount(test, path)) return;
  execFileSync('mount', ['-o', 'remount,size=64k', path]);
  const { entries } = twins(place);
  const report = await place.restore(entries, { overwrite: 'changed' });
  test.same(failed(report), ['ENOSPC mounted/b', 'ENOSPC mounted/c']);
  test.same(execFileSync('ls', ['-A', path]).toString(), '');
});

t.test('names of one file on one file system stay one file', async (test) => {
  const place = await makePlace(test);
  const { entries } = twins(place);
  const report = await place.restore(entries);
  test.same(report.warnings.items, []);
  test.equal(lstatSync(join(place.target, 'a')).nlink, 3);
});
