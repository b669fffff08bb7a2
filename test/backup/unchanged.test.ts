import { linkSync, mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { type BackupReport, streamOf } from '../../src/backup/index.js';
import type { Clock, Progress } from '../../src/base/index.js';
import { ENTRY_FLAGS } from '../../src/format/index.js';
import { MemoryBackend, withRecord } from '../../src/storage/index.js';
import { makeSetting, noise, type Setting, shiftedClock } from './fixture.js';

function fill(setting: Setting): void {
  setting.write('a/one.txt', 'first');
  setting.write('a/two.txt', 'second');
  setting.write('b/large.bin', noise(3 * 2 ** 20));
  setting.write('empty', '');
  mkdirSync(join(setting.source, 'hollow'));
  symlinkSync('a/one.txt', join(setting.source, 'link'));
}

function onlyChanged(t: Test, report: BackupReport, files: number, bytesRead: number): void {
  t.equal(report.counts.filesChanged, files, 'files changed');
  t.equal(report.counts.bytesRead, bytesRead, 'bytes read');
  t.equal(report.status, 'complete');
}

t.test('backup() of an unchanged tree reads no byte and stores nothing but the manifest', async (t) => {
  const backend = withRecord(new MemoryBackend());
  const setting = await makeSetting(t, { backend });
  fill(setting);
  const first = await setting.run();
  t.equal(first.counts.filesNew, 4);
  t.equal(first.counts.bytesRead, 11 + 3 * 2 ** 20);
  backend.calls.length = 0;
  const second = await setting.run();
  t.match(second.counts, { bytesRead: 0, bytesAdded: 0, chunksNew: 0, bytesNew: 0, filesUnchanged: 4, filesNew: 0 });
  t.equal(second.packs, 0);
  const puts = backend.calls.filter(({ verb }) => verb === 'put');
  t.equal(puts.length, 1);
  t.match(puts[0]!.name, /\/log\//);
  t.same(second.scopes[0]!.entry, first.scopes[0]!.entry, 'the same tree');
  t.same(second.parent, first.backupId);
});

t.test('backup() reads a file again that may have been written since the walk', async (t) => {
  const setting = await makeSetting(t);
  setting.write('fresh', 'just written');
  const first = await setting.run({ clock: shiftedClock(0) });
  const kept = (await setting.read(first.scopes[0]!)).get('fresh')!;
  t.equal(kept.entry.flags & ENTRY_FLAGS.racy, ENTRY_FLAGS.racy);
  const second = await setting.run();
  t.equal(second.counts.bytesRead, 12);
  t.equal(second.counts.bytesNew, 0, 'and finds the same chunks');
  t.equal((await setting.run()).counts.bytesRead, 0, 'once');
});

t.test('backup() sees each kind of change', async (t) => {
  const setting = await makeSetting(t);
  fill(setting);
  const path = join(setting.source, 'a/one.txt');
  utimesSync(path, 1000, 1000);
  await setting.run();

  await t.test('a new mtime', async (t) => {
    utimesSync(path, 1000, 2000);
    onlyChanged(t, await setting.run(), 1, 5);
  });
  await t.test('a new ctime, all else equal', async (t) => {
    writeFileSync(path, 'FIRST');
    utimesSync(path, 1000, 2000);
    const report = await setting.run();
    onlyChanged(t, report, 1, 5);
    t.same((await setting.read(report.scopes[0]!)).get('a/one.txt')!.bytes, Buffer.from('FIRST'));
  });
  await t.test('a new size', async (t) => {
    truncateSync(path, 2);
    onlyChanged(t, await setting.run(), 1, 2);
  });
  await t.test('a new inode', async (t) => {
    writeFileSync(`${path}.new`, 'XY');
    utimesSync(`${path}.new`, 1000, 2000);
    renameSync(`${path}.new`, path);
    const report = await setting.run();
    onlyChanged(t, report, 1, 2);
    t.same((await setting.read(report.scopes[0]!)).get('a/one.txt')!.bytes, Buffer.from('XY'));
  });
  await t.test('another type under the same name', async (t) => {
    rmSync(path);
    mkdirSync(path);
    const report = await setting.run();
    t.equal(report.counts.directories, 5);
    t.ok((await setting.read(report.scopes[0]!)).get('a/one.txt')!.entry.content.form === 'directory');
  });
  await t.test('a name that is gone', async (t) => {
    rmSync(join(setting.source, 'b'), { recursive: true });
    const report = await setting.run();
    t.notOk((await setting.read(report.scopes[0]!)).has('b'));
  });
});

t.test('backup() with force reads everything and stores nothing twice', async (t) => {
  const setting = await makeSetting(t);
  fill(setting);
  const first = await setting.run();
  const forced = await setting.run({ force: true });
  t.equal(forced.counts.bytesRead, first.counts.bytesRead);
  t.match(forced.counts, { chunksNew: 0, bytesNew: 0, bytesAdded: 0 });
  t.same(forced.scopes[0]!.entry, first.scopes[0]!.entry);
});

t.test('backup() as a dry run counts and stores nothing', async (t) => {
  const backend = withRecord(new MemoryBackend());
  const setting = await makeSetting(t, { backend });
  fill(setting);
  backend.calls.length = 0;
  const report = await setting.run({ dryRun: true });
  t.match(report.counts, { files: 4, filesNew: 4, directories: 4, others: 1 });
  t.equal(report.backupId, undefined);
  t.equal(backend.calls.filter(({ verb }) => verb === 'put').length, 0);
  await setting.run();
  t.match((await setting.run({ dryRun: true })).counts, { filesUnchanged: 4, bytesRead: 0 });
});

t.test('backup() takes one entry among many unchanged ones in order', async (t) => {
  const setting = await makeSetting(t, { threads: 1 });
  const flat = dirname(setting.write('flat/000000', ''));
  for (let i = 1; i < 20_000; i++) writeFileSync(join(flat, String(i).padStart(6, '0')), '');
  const first = await setting.run();
  t.equal(first.counts.files, 20_000);
  // The first entry is pending while all the others are copied from several leaves of the parent.
  setting.write('flat/000000', noise(3 * 2 ** 20));
  const second = await setting.run();
  t.match(second.counts, { filesUnchanged: 19_999, filesChanged: 1 });
  const before = await setting.read(first.scopes[0]!);
  const after = await setting.read(second.scopes[0]!);
  t.equal([...after.keys()].join(), [...before.keys()].join());
  t.equal(after.get('flat/000000')!.bytes!.length, 3 * 2 ** 20);
  t.equal(after.get('flat/019999')!.entry.inode, before.get('flat/019999')!.entry.inode);
});

t.test(
  'backup() reads a hard link with several names once it knows the first, and says that they are one',
  async (t) => {
    const setting = await makeSetting(t);
    const one = setting.write('one', noise(2 * 2 ** 20));
    mkdirSync(join(setting.source, 'z'));
    linkSync(one, join(setting.source, 'z/two'));
    for (let i = 0; i < 300; i++) setting.write(`filler/${i}`, 'x');
    const report = await setting.run();
    const kept = await setting.read(report.scopes[0]!);
    const [a, b] = [kept.get('one')!, kept.get('z/two')!];
    t.equal(a.entry.flags & ENTRY_FLAGS.linkGroup, ENTRY_FLAGS.linkGroup);
    t.equal(a.entry.inode, b.entry.inode);
    t.equal(a.entry.device, b.entry.device);
    t.same(a.entry.content, b.entry.content);
    t.ok(a.bytes!.equals(noise(2 * 2 ** 20)));
    t.ok(report.counts.bytesNew < 2.1 * 2 ** 20);
  },
);

t.test('backup() tells how much there is to do by what there was last time', async (t) => {
  const setting = await makeSetting(t);
  for (let i = 0; i < 50; i++) setting.write(`d${i}/file`, noise(1000, i));
  const seen: Progress[] = [];
  const progress = (event: Progress) => void seen.push(event);
  // Each look at the clock is late enough for a report.
  let now = Date.now();
  const clock: Clock = { now: () => now + 60_000, monotonic: () => (now += 20) };
  await setting.run({ progress, clock });
  t.ok(seen.length > 0);
  t.ok(seen.every(({ filesTotal, bytesTotal }) => filesTotal === undefined && bytesTotal === undefined));
  seen.length = 0;
  await setting.run({ progress, clock });
  t.ok(seen.length > 0);
  t.ok(seen.every((event) => event.filesTotal === 50 && event.bytesTotal === 50_000 && event.totalsAreGuesses));
  const streams = [streamOf('new', (async function* () {})())];
  seen.length = 0;
  await setting.run({ progress, clock, streams });
  t.ok(
    seen.every(({ filesTotal }) => filesTotal === undefined),
    'a scope that is new may be of any size',
  );
});
