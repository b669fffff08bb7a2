import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import t, { type Test } from 'tap';
import type { BackupReport } from '../../src/backup/index.js';
import { ENTRY_FLAGS } from '../../src/format/index.js';
import { capabilities } from '../../src/posix/index.js';
import { makeSetting, noise, type Setting } from './fixture.js';

interface Race {
  readonly name: string;
  /** What happens to the file between the walk's look and the worker's. */
  happen(path: string): void;
  readonly expected: Buffer | undefined;
  readonly failure?: string;
}

const before = Buffer.from('as the walk saw it');
const races: readonly Race[] = [
  {
    name: 'grows',
    happen: (path) => appendFileSync(path, ', and more'),
    expected: Buffer.from('as the walk saw it, and more'),
  },
  {
    name: 'grows much',
    happen: (path) => appendFileSync(path, noise(5 * 2 ** 20)),
    expected: Buffer.concat([before, noise(5 * 2 ** 20)]),
  },
  { name: 'shrinks', happen: (path) => truncateSync(path, 6), expected: Buffer.from('as the') },
  { name: 'is emptied', happen: (path) => truncateSync(path, 0), expected: Buffer.alloc(0) },
  { name: 'vanishes', happen: (path) => rmSync(path), expected: undefined },
  {
    name: 'becomes a fifo',
    happen: (path) => execFileSync('sh', ['-c', `rm '${path}'; mkfifo '${path}'`]),
    expected: undefined,
    failure: 'ESPIPE',
  },
  {
    name: 'becomes a link',
    happen: (path) => {
      rmSync(path);
      symlinkSync('/etc/hostname', path);
    },
    expected: undefined,
    failure: 'ELOOP',
  },
  {
    name: 'becomes a directory',
    happen: (path) => {
      rmSync(path);
      mkdirSync(path);
    },
    expected: undefined,
    failure: 'EISDIR',
  },
];

/** Backs up, and lets `happen` happen once, before the first call or answer of that type. */
function run(setting: Setting, type: string, happen: () => void): Promise<BackupReport> {
  let left = 1;
  const hook = (called: string) => {
    if (called === type && left-- === 1) happen();
  };
  Object.assign(setting.hooks, { call: hook, ask: hook });
  return setting.run();
}

for (const threads of [0, 1]) {
  for (const { name, happen, expected, failure } of races) {
    t.test(`backup() with ${threads} threads of a file that ${name} while it looks`, async (t) => {
      const setting = await makeSetting(t, { threads });
      const path = setting.write('moving', before);
      setting.write('neighbour', 'stays');
      const report = await run(setting, 'write.files', () => happen(path));
      const kept = await setting.read(report.scopes[0]!);
      t.same(kept.get('neighbour')!.bytes, Buffer.from('stays'));
      if (failure) {
        t.equal(report.status, 'partial');
        t.equal(report.failures.items[0]!.code, failure);
      } else {
        t.equal(report.status, 'complete');
        t.equal(kept.get('moving')?.bytes?.length, expected?.length);
        t.ok(expected === undefined || kept.get('moving')!.bytes!.equals(expected));
      }
      if (!expected && !failure) t.match(report.counts, { files: 1, filesNew: 1, bytes: 5, bytesRead: 5 });
      const again = await setting.run();
      t.equal(again.status, 'complete', 'and the next one sees what is there');
    });
  }
}

t.test('backup() of a large file that shrinks while it is read keeps what there was', async (t) => {
  const setting = await makeSetting(t);
  const content = noise(6 * 2 ** 20);
  const path = setting.write('large', content);
  const report = await run(setting, 'write.stream', () => truncateSync(path, 5_000_001));
  const { bytes, entry } = (await setting.read(report.scopes[0]!)).get('large')!;
  t.equal(entry.size, 5_000_001);
  t.ok(bytes!.equals(content.subarray(0, 5_000_001)));
});

function sparse(t: Test, setting: Setting): string | undefined {
  if (!capabilities().holes) {
    t.pass('no holes here');
    return undefined;
  }
  const path = setting.write('sparse', '');
  const fd = openSync(path, 'r+');
  for (const at of [0, 4, 8]) writeSync(fd, noise(2 ** 20, at + 1), 0, 2 ** 20, at * 2 ** 20);
  closeSync(fd);
  truncateSync(path, 12 * 2 ** 20);
  return path;
}

t.test('backup() of a sparse file that shrinks while it is read keeps what there was', async (t) => {
  const setting = await makeSetting(t);
  const path = sparse(t, setting);
  if (!path) return;
  const end = 4.5 * 2 ** 20;
  const report = await run(setting, 'write.stream', () => truncateSync(path, end));
  const expected = Buffer.alloc(end);
  noise(2 ** 20, 1).copy(expected);
  noise(2 ** 20, 5).copy(expected, 4 * 2 ** 20, 0, 2 ** 19);
  const { bytes, entry } = (await setting.read(report.scopes[0]!)).get('sparse')!;
  t.equal(entry.size, end);
  t.ok(bytes!.equals(expected));
});

t.test('backup() of a sparse file that shrinks between two of its runs puts nothing where it was not', async (t) => {
  const setting = await makeSetting(t);
  const path = sparse(t, setting);
  if (!path) return;
  // The first run is whole, the second ends early, and the third has nothing left.
  const report = await run(setting, 'write.known', () => truncateSync(path, 4.25 * 2 ** 20));
  const { bytes, entry } = (await setting.read(report.scopes[0]!)).get('sparse')!;
  t.equal(bytes!.length, entry.size);
  t.ok(bytes!.subarray(0, 2 ** 20).equals(noise(2 ** 20, 1)));
  t.ok(bytes!.subarray(4 * 2 ** 20).equals(noise(2 ** 20, 5).subarray(0, entry.size - 4 * 2 ** 20)));
  t.equal(entry.size, 4.25 * 2 ** 20);
});

t.test(
  'backup() of a small file rewritten in place since the walk saw it keeps one state whole, times included',
  async (t) => {
    const setting = await makeSetting(t);
    const path = setting.write('moving', 'first content');
    utimesSync(path, 1_000_000, 1_000_000);
    setting.write('neighbour', 'stays');
    const report = await run(setting, 'write.files', () => {
      writeFileSync(path, 'other content');
      utimesSync(path, 2_000_000, 2_000_000);
    });
    t.equal(report.status, 'complete');
    const { bytes, entry } = (await setting.read(report.scopes[0]!)).get('moving')!;
    t.equal(bytes!.toString(), 'other content');
    t.equal(entry.mtimeSec, 2_000_000);
  },
);

t.test('backup() of a file rewritten half-way through its reading reads it anew', async (t) => {
  const setting = await makeSetting(t, { threads: 1 });
  const path = setting.write('moving', noise(8 * 2 ** 20, 1));
  const after = noise(8 * 2 ** 20, 2);
  const report = await run(setting, 'write.known', () => writeFileSync(path, after));
  t.equal(report.status, 'complete');
  t.ok((await setting.read(report.scopes[0]!)).get('moving')!.bytes!.equals(after));
});

t.test('backup() of a file that vanishes half-way through its reading goes on without it', async (t) => {
  const setting = await makeSetting(t);
  const path = setting.write('moving', noise(8 * 2 ** 20, 1));
  setting.write('neighbour', 'stays');
  const report = await run(setting, 'write.known', () => rmSync(path));
  t.equal(report.status, 'complete');
  t.same([...(await setting.read(report.scopes[0]!)).keys()], ['', 'neighbour']);
  t.match(report.counts, { files: 1, bytes: 5 });
});

/** Backs up while the file changes each time that it is read. */
async function runRestless(setting: Setting, change: () => void): Promise<BackupReport> {
  const hook = (type: string) => {
    if (type === 'write.files' || type === 'write.stream') change();
  };
  Object.assign(setting.hooks, { call: hook });
  const report = await setting.run();
  Object.assign(setting.hooks, { call: undefined });
  return report;
}

for (const size of [20, 6 * 2 ** 20]) {
  t.test(
    `backup() of a file of ${size} bytes that never keeps still is partial, with its last known state`,
    async (t) => {
      const setting = await makeSetting(t);
      const known = noise(size, 1);
      const path = setting.write('moving', known);
      await setting.run();
      appendFileSync(path, 'more');
      const grow = () => appendFileSync(path, noise(1000, 3));
      const report = await runRestless(setting, grow);
      t.equal(report.status, 'partial');
      t.same(
        report.failures.items.map(({ code, path: at }) => `${code} ${Buffer.from(at)}`),
        [`CHANGED ${path}`],
      );
      t.equal(report.counts.filesUnread, 1);
      const { bytes, entry } = (await setting.read(report.scopes[0]!)).get('moving')!;
      t.ok(bytes!.equals(known), 'as it was known');
      t.equal(entry.flags & ENTRY_FLAGS.stale, ENTRY_FLAGS.stale);
      const healed = await setting.run();
      t.equal(healed.status, 'complete');
      t.equal((await setting.read(healed.scopes[0]!)).get('moving')!.entry.flags & ENTRY_FLAGS.stale, 0);
    },
  );

  t.test(
    `backup() of a new file of ${size} bytes that never keeps still keeps what was read, marked stale`,
    async (t) => {
      const setting = await makeSetting(t);
      const path = setting.write('moving', noise(size, 1));
      const report = await runRestless(setting, () => appendFileSync(path, noise(1000, 3)));
      t.equal(report.status, 'partial');
      t.equal(report.failures.items[0]!.code, 'CHANGED');
      const { bytes, entry } = (await setting.read(report.scopes[0]!)).get('moving')!;
      t.equal(entry.flags & ENTRY_FLAGS.stale, ENTRY_FLAGS.stale);
      t.ok(bytes!.subarray(0, size).equals(noise(size, 1)));
      const [snapshot] = await setting.repository.snapshots.list();
      t.equal(snapshot!.manifest.status, 'partial');
      t.equal((await setting.run()).status, 'complete', 'and is read again when it keeps still');
    },
  );
}
