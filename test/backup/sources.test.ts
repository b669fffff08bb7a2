import { execFileSync } from 'node:child_process';
import { closeSync, linkSync, mkdirSync, openSync, symlinkSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { systemClock } from '../../src/base/index.js';
import { ENTRY_FLAGS, ENTRY_TYPES } from '../../src/format/index.js';
import { capabilities, closeFd, mkdirAt, openDirectory, openDirectoryAt, setXattrFd } from '../../src/posix/index.js';
import { makeSetting, noise } from './fixture.js';

const KIB = 1024;

t.test('backup() keeps files of every size as they are', async (t) => {
  const setting = await makeSetting(t, { threads: 2 });
  const sizes = [0, 1, 63, 64, 65];
  for (const edge of [16, 64, 256, 1024, 1536, 2048, 4096]) {
    for (const more of [-1, 0, 1]) sizes.push(edge * KIB + more);
  }
  sizes.push(5 * KIB * KIB);
  for (const size of sizes) setting.write(`${size}`, noise(size, size + 1));
  const report = await setting.run();
  const kept = await setting.read(report.scopes[0]!);
  for (const size of sizes) {
    t.ok(kept.get(`${size}`)!.bytes!.equals(noise(size, size + 1)), `${size} bytes`);
    t.equal(kept.get(`${size}`)!.entry.size, size);
  }
  t.equal(
    report.counts.bytesRead,
    sizes.reduce((sum, size) => sum + size, 0),
  );
});

t.test('backup() keeps a file of many packs', async (t) => {
  const setting = await makeSetting(t, { threads: 1, local: true });
  const content = noise(70 * 2 ** 20);
  setting.write('huge', content);
  const report = await setting.run();
  t.equal(report.packs, 4, 'three of data and one of nodes');
  const kept = (await setting.read(report.scopes[0]!)).get('huge')!;
  t.equal(kept.entry.content.form, 'list');
  t.ok(kept.bytes!.equals(content));
});

t.test('backup() keeps holes as holes', { skip: !capabilities().holes && 'no holes here' }, async (t) => {
  const setting = await makeSetting(t);
  const length = 4 * 2 ** 20;
  const layouts: Record<string, number[]> = { start: [3], middle: [0, 3], end: [0], none: [], edges: [1, 2] };
  for (const [name, blocks] of Object.entries(layouts)) {
    const path = setting.write(name, '');
    const fd = openSync(path, 'r+');
    for (const block of blocks) writeSync(fd, noise(256 * KIB, block + 1), 0, 256 * KIB, block * 2 ** 20);
    closeSync(fd);
    truncateSync(path, length);
  }
  const report = await setting.run();
  const kept = await setting.read(report.scopes[0]!);
  for (const [name, blocks] of Object.entries(layouts)) {
    const expected = Buffer.alloc(length);
    for (const block of blocks) noise(256 * KIB, block + 1).copy(expected, block * 2 ** 20);
    const { bytes, entry } = kept.get(name)!;
    t.ok(bytes!.equals(expected), `${name}: content`);
    const items = entry.content.form === 'items' ? entry.content.items : [];
    if (blocks.length === 0) t.same(items, [{ length, id: undefined }], 'nothing but one hole');
  }
  t.ok(report.counts.bytesNew <= 6 * 256 * KIB, 'no zeros were stored');
});

t.test('backup() keeps links, fifos, devices, attributes and odd names', async (t) => {
  const setting = await makeSetting(t);
  const { source } = setting;
  symlinkSync('loop', join(source, 'loop'));
  symlinkSync('.', join(source, 'here'));
  symlinkSync('/no/such/place', join(source, 'dangling'));
  execFileSync('mkfifo', [join(source, 'fifo')]);
  const odd = Buffer.concat([Buffer.from(`${source}/`), Buffer.from([0xff, 0xfe, 0x20, 0x0a])]);
  writeFileSync(odd, 'odd');
  setting.write('...', 'three dots');
  setting.write('Ünï', 'composed');
  const report = await setting.run({ exclude: ['nothing'] });
  t.equal(report.status, 'complete');
  const kept = await setting.read(report.scopes[0]!);
  t.same(kept.get('loop')!.entry.content, { form: 'link', target: Buffer.from('loop') });
  t.same(kept.get('here')!.entry.content, { form: 'link', target: Buffer.from('.') });
  t.same(kept.get('dangling')!.entry.content, { form: 'link', target: Buffer.from('/no/such/place') });
  t.equal(kept.get('fifo')!.entry.type, ENTRY_TYPES.fifo);
  t.same(kept.get('\xff\xfe \n')!.bytes, Buffer.from('odd'));
  t.same(kept.get('...')!.bytes, Buffer.from('three dots'));
  t.same(kept.get(Buffer.from('Ünï').toString('latin1'))!.bytes, Buffer.from('composed'));
});

t.test('backup() keeps extended attributes and sees that they change', { skip: !capabilities().xattrs }, async (t) => {
  const setting = await makeSetting(t);
  const path = setting.write('file', 'content');
  const fd = openSync(path, 'r+');
  t.teardown(() => closeSync(fd));
  setXattrFd(fd, Buffer.from('user.mark'), Buffer.from([1, 0, 2]));
  const first = await setting.run();
  const attributes = async (report: typeof first) => (await setting.read(report.scopes[0]!)).get('file')!.entry.xattrs;
  t.same(await attributes(first), [{ name: Buffer.from('user.mark'), value: Buffer.from([1, 0, 2]) }]);
  setXattrFd(fd, Buffer.from('user.mark'), Buffer.from([3]));
  t.same(await attributes(await setting.run()), [{ name: Buffer.from('user.mark'), value: Buffer.from([3]) }]);
});

t.test('backup() follows paths beyond the limit of one call', async (t) => {
  const setting = await makeSetting(t);
  const name = Buffer.alloc(200, 'd');
  let fd = openDirectory(setting.source);
  for (let depth = 0; depth < 40; depth++) {
    mkdirAt(fd, name, 0o755);
    const next = openDirectoryAt(fd, name);
    closeFd(fd);
    fd = next;
  }
  writeFileSync(`/proc/self/fd/${fd}/deep`, 'down here');
  closeFd(fd);
  const report = await setting.run();
  t.equal(report.status, 'complete');
  t.equal(report.counts.directories, 41);
  const path = `${Array(40).fill('d'.repeat(200)).join('/')}/deep`;
  t.same((await setting.read(report.scopes[0]!)).get(path)!.bytes, Buffer.from('down here'));
  t.equal((await setting.run()).counts.bytesRead, 0);
});

t.test('backup() takes several sources, and a single file as one', async (t) => {
  const setting = await makeSetting(t);
  const file = setting.write('a/file', 'alone');
  setting.write('b/other', 'other');
  const { source } = setting;
  const paths = [join(source, 'a'), file, join(source, 'b'), `${source}/b/../b/`];
  const report = await setting.run({ paths });
  t.same(
    report.scopes.map(({ scope }) => scope),
    [`path:${source}/a`, `path:${source}/a/file`, `path:${source}/b`],
    'each once',
  );
  t.same((await setting.read(report.scopes[1]!)).get('')!.bytes, Buffer.from('alone'));
  t.match(report.counts, { files: 3 });
  const again = await setting.run({ paths });
  t.match(again.counts, { filesUnchanged: 3, bytesRead: 0, bytesAdded: 0 });
  setting.write('a/file', 'changed');
  const third = await setting.run({ paths: [file] });
  t.same((await setting.read(third.scopes[0]!)).get('')!.bytes, Buffer.from('changed'));
  const fourth = await setting.run({ paths });
  t.equal(fourth.counts.bytesRead, 7, 'the parent of a scope is its newest capture; the directory had its own');
});

t.test('backup() follows a link that was named', async (t) => {
  const setting = await makeSetting(t);
  setting.write('real/file', 'behind the link');
  const { source, root } = setting;
  symlinkSync(join(source, 'real'), join(root, 'directory'));
  symlinkSync(join(source, 'real/file'), join(root, 'file'));
  const report = await setting.run({ paths: [join(root, 'directory'), join(root, 'file')] });
  t.equal(report.scopes[0]!.scope, `path:${root}/directory`);
  t.same((await setting.read(report.scopes[0]!)).get('file')!.bytes, Buffer.from('behind the link'));
  t.same((await setting.read(report.scopes[1]!)).get('')!.bytes, Buffer.from('behind the link'));
});

t.test('backup() refuses what it cannot back up', async (t) => {
  const setting = await makeSetting(t);
  const { root, vaultPath } = setting;
  await t.rejects(setting.run({ paths: [] }), { code: 'NO_SOURCE' });
  await t.rejects(setting.run({ paths: [join(root, 'nothing')] }), { code: 'SOURCE_MISSING' });
  const file = setting.write('file', '');
  await t.rejects(setting.run({ paths: [join(file, 'below')] }), { code: 'SOURCE_MISSING' });
  await t.rejects(setting.run({ paths: [root] }), { code: 'VAULT_IN_SOURCE' });
  await t.rejects(setting.run({ paths: [vaultPath] }), { code: 'VAULT_IN_SOURCE' });
  symlinkSync(root, join(setting.source, 'up'));
  await t.rejects(
    setting.run({ paths: [join(setting.source, 'up')] }),
    { code: 'VAULT_IN_SOURCE' },
    'source by a link',
  );
  mkdirSync(join(root, 'deep/er'), { recursive: true });
  symlinkSync(vaultPath, join(setting.source, 'vault-link'));
  await t.rejects(
    setting.run({ paths: [root], vaultPath: join(setting.source, 'vault-link') }),
    { code: 'VAULT_IN_SOURCE' },
    'vault by a link',
  );
  await t.resolves(setting.run(), 'links inside the source are not followed');
});

t.test('backup() gives snapshots of one user strictly rising times', async (t) => {
  const setting = await makeSetting(t);
  const still = { now: () => 1_900_000_000_000, monotonic: () => systemClock.monotonic() };
  const times: number[] = [];
  for (let i = 0; i < 3; i++) times.push((await setting.run({ clock: still })).time);
  const listed = await setting.repository.snapshots.list();
  t.same(
    listed.map(({ time }) => time),
    [...times].reverse(),
  );
  t.ok(times[0]! < times[1]! && times[1]! < times[2]!);
});

t.test('backup() keeps several names of a symlink as one thing', async (t) => {
  const setting = await makeSetting(t);
  symlinkSync('x', join(setting.source, 'l1'));
  linkSync(join(setting.source, 'l1'), join(setting.source, 'l2'));
  const kept = await setting.read((await setting.run()).scopes[0]!);
  const [first, second] = [kept.get('l1')!.entry, kept.get('l2')!.entry];
  t.same(first.content, second.content);
  t.ok(first.flags & second.flags & ENTRY_FLAGS.linkGroup);
  t.same([first.device, first.inode], [second.device, second.inode]);
});
