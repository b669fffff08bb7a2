import { linkSync, lstatSync, mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ENTRY_FLAGS } from '../../src/format/index.js';
import { failed, look, makePlace, type Place } from './fixture.js';

/** A file in the target with the size and time that the snapshot's has. */
function writeTwin(place: Place, name: string, content: string, mode = 0o644): void {
  writeFileSync(join(place.target, name), content, { mode });
  utimesSync(join(place.target, name), 1_600_000_000, 1_600_000_000);
}

const EXACT = { mtimeNsec: 0 };

t.test('"never" keeps what is there and adds what is not', async (test) => {
  const place = await makePlace(test);
  writeFileSync(join(place.target, 'a'), 'old');
  mkdirSync(join(place.target, 'd'), 0o700);
  const inner = [place.tree.file('b', 'new')];
  const report = await place.restore([place.tree.file('a', 'new'), place.tree.directory('d', inner)], {
    overwrite: 'never',
  });
  test.same(failed(report), []);
  test.equal(report.kept, 1);
  test.same(look(place.target), ['a = old', 'd/', 'd/b = new']);
  test.equal(lstatSync(join(place.target, 'd')).mode & 0o777, 0o700);
});

t.test('"changed" trusts size and time, and mends the rest', async (test) => {
  const place = await makePlace(test);
  writeTwin(place, 'same', 'twin', 0o600);
  writeTwin(place, 'other', 'longer than it was');
  const inode = lstatSync(join(place.target, 'same')).ino;
  const entries = [place.tree.file('same', 'real', EXACT), place.tree.file('other', 'real', EXACT)];
  const report = await place.restore(entries, { overwrite: 'changed' });
  test.same(failed(report), []);
  test.same(look(place.target), ['other = real', 'same = twin']);
  const stat = lstatSync(join(place.target, 'same'));
  test.equal(stat.ino, inode);
  test.equal(stat.mode & 0o777, 0o644);
  test.same([report.identical, report.files], [1, 1]);
});

t.test('"always" replaces a twin, in a new file', async (test) => {
  const place = await makePlace(test);
  writeTwin(place, 'same', 'twin');
  linkSync(join(place.target, 'same'), join(place.target, 'second'));
  const report = await place.restore([place.tree.file('same', 'real', EXACT)], { overwrite: 'always' });
  test.same(failed(report), []);
  test.same(look(place.target), ['same = real', 'second = twin']);
});

t.test('a second restore finds everything identical and writes nothing', async (test) => {
  const place = await makePlace(test);
  const shared = { flags: 16, device: 1n, inode: 77n };
  const entries = [
    place.tree.file('a', 'one'),
    place.tree.file('h1', 'linked', shared),
    place.tree.file('h2', 'linked', shared),
    place.tree.link('l', 'a'),
    place.tree.directory('d', [place.tree.file('b', 'two'), place.tree.file('empty', '')]),
  ];
  await place.restore(entries);
  const again = await place.restore(entries, { overwrite: 'changed' });
  test.same(failed(again), []);
  test.same([again.files, again.others, again.bytesWritten, again.identical], [0, 0, 0, 6]);
  test.equal(lstatSync(join(place.target, 'h1')).nlink, 2);
});

t.test('names that should be one file are linked again', async (test) => {
  const place = await makePlace(test);
  const shared = { flags: 16, device: 1n, inode: 77n };
  const entries = [place.tree.file('h1', 'linked', shared), place.tree.file('h2', 'linked', shared)];
  await place.restore([place.tree.file('h1', 'linked'), place.tree.file('h2', 'linked')]);
  test.equal(lstatSync(join(place.target, 'h1')).nlink, 1);
  const report = await place.restore(entries, { overwrite: 'changed' });
  test.same(failed(report), []);
  test.equal(lstatSync(join(place.target, 'h1')).ino, lstatSync(join(place.target, 'h2')).ino);
});

t.test('a directory gives way to a file only when it is empty or deleting is allowed', async (test) => {
  const place = await makePlace(test);
  mkdirSync(join(place.target, 'empty'));
  mkdirSync(join(place.target, 'full'));
  writeFileSync(join(place.target, 'full', 'x'), 'mine');
  const entries = [place.tree.file('empty', '1'), place.tree.file('full', '2')];
  const report = await place.restore(entries, { overwrite: 'changed' });
  test.same(failed(report), ['ENOTEMPTY full']);
  test.same(look(place.target), ['empty = 1', 'full/', 'full/x = mine']);
  const again = await place.restore(entries, { overwrite: 'changed', delete: true });
  test.same(failed(again), []);
  test.same(look(place.target), ['empty = 1', 'full = 2']);
});

t.test('a file gives way to a directory', async (test) => {
  const place = await makePlace(test);
  writeFileSync(join(place.target, 'd'), 'a file');
  const entries = [place.tree.directory('d', [place.tree.file('a', '1')])];
  test.same(failed(await place.restore(entries, { overwrite: 'never' })), ['EEXIST d']);
  test.same(look(place.target), ['d = a file']);
  test.same(failed(await place.restore(entries, { overwrite: 'changed' })), []);
  test.same(look(place.target), ['d/', 'd/a = 1']);
});

t.test('a link with another target is replaced, one with the same is not', async (test) => {
  const place = await makePlace(test);
  symlinkSync('old', join(place.target, 'l'));
  const report = await place.restore([place.tree.link('l', 'new')], { overwrite: 'changed' });
  test.same(failed(report), []);
  test.same(look(place.target), ['l -> new']);
  const again = await place.restore([place.tree.link('l', 'new')], { overwrite: 'changed' });
  test.equal(again.identical, 1);
});

t.test('deleting removes what the snapshot lacks, inside the scope only', async (test) => {
  const place = await makePlace(test);
  mkdirSync(join(place.target, 'srv', 'ana', 'old'), { recursive: true });
  writeFileSync(join(place.target, 'srv', 'ana', 'old', 'x'), 'gone');
  writeFileSync(join(place.target, 'srv', 'ana', 'keep.log'), 'excluded');
  writeFileSync(join(place.target, 'srv', 'bob'), 'not in the scope');
  const entry = place.tree.directory('ana', [place.tree.file('a', '1')]);
  await place.tree.store();
  const options = { overwrite: 'changed', delete: true, exclude: ['*.log'] } as const;
  const dry = await place.run([place.scope('/srv/ana', entry)], { ...options, dryRun: true });
  test.same([dry.deleted, dry.files], [1, 1]);
  const report = await place.run([place.scope('/srv/ana', entry)], options);
  test.same(failed(report), []);
  test.equal(report.deleted, 2);
  test.same(look(place.target), [
    'srv/',
    'srv/ana/',
    'srv/ana/a = 1',
    'srv/ana/keep.log = excluded',
    'srv/bob = not in the scope',
  ]);
});

t.test('deleting never takes the vault away', async (test) => {
  const place = await makePlace(test);
  const report = await place.restore([place.tree.file('a', '1')], {
    target: place.root,
    overwrite: 'changed',
    delete: true,
  });
  test.same(failed(report), ['EBUSY vault']);
  test.ok(lstatSync(join(place.vaultPath)).isDirectory());
  test.notOk(look(place.root).includes('target/'));
});

t.test('deleting stops where a directory of the snapshot could not be read whole', async (test) => {
  const place = await makePlace(test);
  mkdirSync(join(place.target, 'd'));
  writeFileSync(join(place.target, 'd', 'mine'), 'mine');
  const entries = [place.tree.directoryOf('d', new Uint8Array(32).fill(7))];
  const report = await place.restore(entries, { overwrite: 'changed', delete: true });
  test.same(failed(report), ['OBJECT_MISSING d']);
  test.same(look(place.target), ['d/', 'd/mine = mine']);
});

t.test('a dry run changes nothing and counts what it would do', async (test) => {
  const place = await makePlace(test);
  writeFileSync(join(place.target, 'a'), 'old');
  const inner = [place.tree.file('b', 'new'), place.tree.link('l', 'b')];
  const report = await place.restore([place.tree.file('a', 'new'), place.tree.directory('d', inner)], {
    overwrite: 'changed',
    dryRun: true,
  });
  test.same([report.files, report.directories, report.others, report.bytesWritten], [2, 2, 1, 6]);
  test.same(look(place.target), ['a = old']);
  const missing = join(place.root, 'new');
  test.equal((await place.restore([place.tree.file('a', 'new')], { target: missing, dryRun: true })).files, 1);
  test.throws(() => readFileSync(missing), { code: 'ENOENT' });
});

t.test('deleting spares what is in a directory that the backup could not list', async (test) => {
  const place = await makePlace(test);
  mkdirSync(join(place.target, 'd'));
  writeFileSync(join(place.target, 'd', 'only copy'), 'x');
  writeFileSync(join(place.target, 'extra'), 'x');
  const entries = [
    place.tree.directory('d', [], { flags: ENTRY_FLAGS.unread }),
    place.tree.directory('s', [place.tree.file('a', '1')], { flags: ENTRY_FLAGS.stale }),
  ];
  const report = await place.restore(entries, { overwrite: 'changed', delete: true });
  test.same(failed(report), ['PARTIAL d']);
  test.same(
    report.warnings.items.map(({ code, path }) => `${code} ${path}`),
    ['PARTIAL s'],
  );
  test.same(look(place.target), ['d/', 'd/only copy = x', 's/', 's/a = 1']);
});
