import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { utf8 } from '../../src/base/index.js';
import {
  CHUNK_KINDS,
  ENTRY_FLAGS,
  ENTRY_TYPES,
  encodeInner,
  encodeListInner,
  encodeListLeaf,
} from '../../src/format/index.js';
import { capabilities, closeFd, listXattrsAt, openDirectory, readDirectory } from '../../src/posix/index.js';
import { noise } from '../backup/fixture.js';
import { failed, look, makePlace } from './fixture.js';

const root = process.geteuid?.() === 0;

t.test('files, directories and links get mode and time to the nanosecond', async (test) => {
  const place = await makePlace(test);
  const times = { mtimeSec: -5, mtimeNsec: 999_999_999 };
  const entries = [
    place.tree.file('f', 'x', { mode: 0o4751, ...times }),
    place.tree.file('locked', 'y', { mode: 0 }),
    place.tree.directory('d', [place.tree.file('in', 'z')], { mode: 0o1500, ...times }),
    place.tree.link('l', 'nowhere', times),
  ];
  const report = await place.restore(place.tree.directory('s', entries, { mode: 0o711, ...times }));
  test.same(failed(report), []);
  test.same(report.warnings.items, []);
  const at = (name: string) => lstatSync(join(place.target, name), { bigint: true });
  test.equal(Number(at('f').mode) & 0o7777, 0o4751);
  test.equal(Number(at('locked').mode) & 0o7777, 0);
  test.equal(Number(at('d').mode) & 0o7777, 0o1500);
  test.equal(Number(at('').mode) & 0o7777, 0o711);
  const exact = capabilities().exactTimes ? -4_000_000_001n : at('f').mtimeNs;
  for (const name of ['f', 'd', 'l', '']) test.equal(at(name).mtimeNs, exact, name);
});

t.test('owners are set by root; others keep what they make and are told once', async (test) => {
  const place = await makePlace(test);
  const foreign = { uid: 54_321, gid: 54_322 };
  const entries = [place.tree.file('a', 'x', { ...foreign, mode: 0o6755 }), place.tree.link('l', 'a', foreign)];
  const report = await place.restore(entries);
  test.same(failed(report), []);
  const stat = lstatSync(join(place.target, 'a'));
  test.equal(stat.uid, root ? 54_321 : process.geteuid?.());
  test.equal(stat.mode & 0o7777, root ? 0o6755 : 0o755);
  test.equal(report.warnings.count, root ? 0 : 1);
});

t.test('as somebody else, foreign files come back without set-user-id and with one warning', async (test) => {
  const place = await makePlace(test);
  execFileSync('chmod', ['-R', 'a+rwX', place.target]);
  execFileSync('chmod', ['755', place.root]);
  const entries = [place.tree.file('a', 'x', { uid: 1, mode: 0o4755 }), place.tree.file('b', 'y', { uid: 1 })];
  if (root) process.seteuid?.(65534);
  try {
    const report = await place.restore(entries);
    test.same(failed(report), []);
    test.equal(report.warnings.items.filter(({ code }) => code === 'EPERM').length >= 1, true);
  } finally {
    if (root) process.seteuid?.(0);
  }
  test.equal(lstatSync(join(place.target, 'a')).mode & 0o7777, 0o755);
});

t.test('extended attributes come back on files, directories and read-only files', async (test) => {
  if (!capabilities().xattrs) return test.pass('this system keeps none');
  const place = await makePlace(test);
  const xattrs = [{ name: utf8('user.a'), value: Uint8Array.of(0, 255, 10) }];
  const entries = [place.tree.file('f', 'x', { mode: 0o400, xattrs }), place.tree.directory('d', [], { xattrs })];
  const report = await place.restore(entries);
  test.same(failed(report), []);
  test.same(report.warnings.items, []);
  const fd = openDirectory(place.target);
  for (const name of ['f', 'd']) {
    const found = listXattrsAt(fd, utf8(name)).filter((xattr) => Buffer.from(xattr.name).toString() === 'user.a');
    test.same(
      found.map(({ value }) => [...value]),
      [[0, 255, 10]],
      name,
    );
  }
  closeFd(fd);
});

t.test('names keep their bytes, of any kind and to the limit', async (test) => {
  const place = await makePlace(test);
  const names = [
    Uint8Array.of(0xff, 0xfe),
    utf8('n'.repeat(255)),
    utf8('e\u0301'),
    utf8('\u00e9'),
    utf8(' -rf *\n\t"\\'),
    utf8('...'),
    utf8('..a'),
  ];
  const report = await place.restore(names.map((name) => place.tree.file(name, 'x')));
  test.same(failed(report), []);
  const fd = openDirectory(place.target);
  const listing = readDirectory(fd);
  const found = Array.from({ length: listing.length }, (_, i) => Buffer.from(listing.name(i)).toString('hex'));
  closeFd(fd);
  test.same(found, names.map((name) => Buffer.from(name).toString('hex')).sort());
});

t.test('holes stay holes, also at the end', async (test) => {
  const place = await makePlace(test);
  const id = place.tree.chunk(CHUNK_KINDS.data, utf8('data'));
  const zeros = place.tree.chunk(CHUNK_KINDS.data, new Uint8Array(65_536));
  const items = [
    { length: 2 ** 20, id: undefined },
    { length: 4, id },
    { length: 65_536, id: zeros },
    { length: 2 ** 20, id: undefined },
  ];
  const size = 2 * 2 ** 20 + 4 + 65_536;
  const entries = [
    place.tree.entry('sparse', ENTRY_TYPES.file, { form: 'items', items }, { size }),
    place.tree.entry(
      'hole',
      ENTRY_TYPES.file,
      { form: 'items', items: [{ length: 2 ** 30, id: undefined }] },
      { size: 2 ** 30 },
    ),
  ];
  const report = await place.restore(entries, { verify: true });
  test.same(failed(report), []);
  test.equal(report.verified, 2);
  const bytes = readFileSync(join(place.target, 'sparse'));
  test.equal(bytes.length, size);
  test.equal(bytes.subarray(2 ** 20, 2 ** 20 + 4).toString(), 'data');
  test.ok(bytes.subarray(2 ** 20 + 4).every((byte) => byte === 0));
  test.ok(statSync(join(place.target, 'sparse')).blocks * 512 < 65_536);
  test.equal(statSync(join(place.target, 'hole')).blocks, 0);
});

t.test('fifos come back, devices too when root restores', async (test) => {
  if (!capabilities().specialFiles) return test.pass('this system makes none');
  const place = await makePlace(test);
  const entries = [
    place.tree.entry('fifo', ENTRY_TYPES.fifo, { form: 'none' }, { mode: 0o640 }),
    place.tree.entry('null', ENTRY_TYPES.charDevice, { form: 'device', major: 1, minor: 3 }, { mode: 0o606 }),
  ];
  const report = await place.restore(entries);
  test.same(failed(report), root ? [] : ['EPERM null']);
  test.ok(lstatSync(join(place.target, 'fifo')).isFIFO());
  test.equal(lstatSync(join(place.target, 'fifo')).mode & 0o777, 0o640);
  if (root) test.equal(lstatSync(join(place.target, 'null')).rdev, 259);
});

t.test('paths beyond the limit of one call are built and verified', async (test) => {
  const place = await makePlace(test);
  const name = 'd'.repeat(200);
  let entry = place.tree.file('leaf', 'deep');
  for (let depth = 0; depth < 30; depth++) entry = place.tree.directory(name, [entry]);
  const report = await place.restore([entry], { verify: true });
  test.same(failed(report), []);
  test.same([report.files, report.directories, report.verified], [1, 31, 1]);
  execFileSync('rm', ['-rf', place.target]);
});

t.test('a big directory of several leaves and a long chunk list come back whole', async (test) => {
  const place = await makePlace(test, { threads: 2 });
  const names = Array.from({ length: 600 }, (_, i) => `file-${String(i).padStart(4, '0')}`);
  const leaves = [0, 200, 400].map((from) => ({
    firstName: utf8(names[from]!),
    id: place.tree.leaf(names.slice(from, from + 200).map((name) => place.tree.file(name, `content of ${name}`))),
  }));
  const many = place.tree.directoryOf('many', place.tree.chunk(CHUNK_KINDS.node, encodeInner(1, leaves)));
  const bytes = noise(3_000_000);
  const pieces = Array.from({ length: 30 }, (_, i) => bytes.subarray(i * 100_000, (i + 1) * 100_000));
  const lists = [0, 15].map((from) => {
    const items = pieces
      .slice(from, from + 15)
      .map((piece) => ({ length: piece.length, id: place.tree.chunk(1, piece) }));
    return { length: 1_500_000, id: place.tree.chunk(CHUNK_KINDS.list, encodeListLeaf(items)) };
  });
  const list = place.tree.chunk(CHUNK_KINDS.list, encodeListInner(1, lists));
  const big = place.tree.entry('big', ENTRY_TYPES.file, { form: 'list', id: list }, { size: bytes.length });
  const report = await place.restore([many, big], { verify: true });
  test.same(failed(report), []);
  test.equal(report.verified, 601);
  test.ok(readFileSync(join(place.target, 'big')).equals(bytes));
  test.equal(readFileSync(join(place.target, 'many', 'file-0417'), 'utf8'), 'content of file-0417');
});

t.test('one chunk in many files, and many times in one file', async (test) => {
  const place = await makePlace(test);
  const id = place.tree.chunk(CHUNK_KINDS.data, utf8('same '));
  const items = Array.from({ length: 4 }, () => ({ length: 5, id }));
  const repeated = place.tree.entry('four', ENTRY_TYPES.file, { form: 'items', items }, { size: 20 });
  const report = await place.restore([repeated, place.tree.file('a', 'same '), place.tree.file('b', 'same ')]);
  test.same(failed(report), []);
  test.same(look(place.target), ['a = same ', 'b = same ', 'four = same same same same ']);
});

t.test('what the backup could not read is reported, not made up', async (test) => {
  const place = await makePlace(test);
  const entries = [
    place.tree.entry('never', ENTRY_TYPES.file, { form: 'none' }, { size: 9, flags: ENTRY_FLAGS.unread }),
    place.tree.file('stale', 'last known', { flags: ENTRY_FLAGS.stale }),
  ];
  const report = await place.restore(entries);
  test.same(failed(report), ['PARTIAL never']);
  test.same(
    report.warnings.items.map(({ code, path }) => `${code} ${path}`),
    ['PARTIAL stale'],
  );
  test.same(look(place.target), ['stale = last known']);
  test.equal(report.corrupt, false);
});

t.test('several scopes share what lies above them; one inside another takes its place', async (test) => {
  const place = await makePlace(test);
  const { tree } = place;
  const outer = tree.directory('x', [tree.directory('in', [tree.file('f', 'outer')]), tree.file('o', '1')]);
  const inner = tree.directory('x', [tree.file('f', 'inner')]);
  const lost = tree.directory('x', [tree.file('f', 'not in the outer tree')]);
  const other = tree.directory('x', [tree.file('p', '2')]);
  await tree.store();
  const scopes = [
    place.scope('/srv/ana', outer),
    place.scope('/srv/ana/in', inner),
    place.scope('/srv/ana/no/where', lost),
    place.scope('/srv/bob', other),
  ];
  const report = await place.run(scopes, { verify: true });
  test.same(failed(report), []);
  test.same(look(place.target), [
    'srv/',
    'srv/ana/',
    'srv/ana/in/',
    'srv/ana/in/f = inner',
    'srv/ana/no/',
    'srv/ana/no/where/',
    'srv/ana/no/where/f = not in the outer tree',
    'srv/ana/o = 1',
    'srv/bob/',
    'srv/bob/p = 2',
  ]);
});

t.test('a scope that is a file is restored under its name', async (test) => {
  const place = await makePlace(test);
  const entry = place.tree.file('', 'alone');
  await place.tree.store();
  test.same(failed(await place.run([place.scope('/srv/one.txt', entry)])), []);
  test.same(look(place.target), ['srv/', 'srv/one.txt = alone']);
  const flat = join(place.root, 'flat');
  mkdirSync(flat);
  test.same(failed(await place.run([place.scope('/srv/one.txt', entry)], { target: flat, flatten: true })), []);
  test.same(look(flat), ['one.txt = alone']);
});

t.test('equal inodes of different scopes are different files', async (test) => {
  const place = await makePlace(test);
  const { tree } = place;
  const shared = { flags: ENTRY_FLAGS.linkGroup, device: 1n, inode: 5n };
  const inner = tree.directory('x', [tree.file('a', 'inner', shared)]);
  const outer = tree.directory('x', [tree.directory('in', []), tree.file('b', 'outer', shared)]);
  const other = tree.directory('x', [tree.file('c', 'other', shared)]);
  await tree.store();
  const scopes = [place.scope('/s', outer), place.scope('/s/in', inner), place.scope('/t', other)];
  test.same(failed(await place.run(scopes, { verify: true })), []);
  test.same(look(place.target), ['s/', 's/b = outer', 's/in/', 's/in/a = inner', 't/', 't/c = other']);
});

t.test('a stale name and a newer file that bear one inode number are different files', async (test) => {
  const place = await makePlace(test);
  const { tree } = place;
  const shared = { flags: ENTRY_FLAGS.linkGroup, device: 1n, inode: 5n };
  const stale = { ...shared, flags: ENTRY_FLAGS.linkGroup | ENTRY_FLAGS.stale };
  const entries = [
    tree.file('a', 'old', stale),
    tree.file('b', 'old', stale),
    tree.file('c', 'new', shared),
    tree.file('d', 'new', shared),
  ];
  test.same(failed(await place.restore(entries, { verify: true })), []);
  test.same(look(place.target), ['a = old', 'b = old', 'c = new', 'd = new']);
  const inodes = ['a', 'b', 'c', 'd'].map((name) => lstatSync(join(place.target, name)).ino);
  test.equal(inodes[0], inodes[1]);
  test.equal(inodes[2], inodes[3]);
  test.not(inodes[0], inodes[2]);
});
