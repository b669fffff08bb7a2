import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { closeFd, openDirectory, tryLock } from '../../src/posix/index.js';
import { failed, look, makePlace } from './fixture.js';

t.test('a missing target is made, its missing parent is not', async (test) => {
  const place = await makePlace(test);
  const report = await place.restore([place.tree.file('a', '1')], { target: join(place.root, 'new') });
  test.same(failed(report), []);
  test.same(look(join(place.root, 'new')), ['a = 1']);
  const deep = join(place.root, 'no', 'such');
  await test.rejects(place.restore([], { target: deep }), { code: 'TARGET_UNSAFE', message: /Create it first/ });
  test.same(readdirSync(place.root).sort(), ['key', 'new', 'target', 'vault']);
});

t.test('a target that is a link or a file is refused', async (test) => {
  const place = await makePlace(test);
  symlinkSync('target', join(place.root, 'link'));
  writeFileSync(join(place.root, 'file'), '');
  for (const name of ['link', 'file']) {
    await test.rejects(place.restore([], { target: join(place.root, name) }), { code: 'TARGET_UNSAFE' }, name);
  }
  test.same(look(place.target), []);
});

t.test('a target in the vault is refused, also through a link above it', async (test) => {
  const place = await makePlace(test);
  symlinkSync('vault', join(place.root, 'alias'));
  const before = readdirSync(place.vaultPath).sort();
  for (const target of [place.vaultPath, join(place.vaultPath, 'new'), join(place.root, 'alias', 'new')]) {
    await test.rejects(place.restore([], { target }), { code: 'TARGET_IN_VAULT', message: /outside of it/ }, target);
  }
  test.same(readdirSync(place.vaultPath).sort(), before);
});

t.test('a target with entries needs an overwrite rule', async (test) => {
  const place = await makePlace(test);
  writeFileSync(join(place.target, 'mine'), 'mine');
  const entries = [place.tree.file('a', '1')];
  await test.rejects(place.restore(entries), { code: 'TARGET_NOT_EMPTY', message: /--overwrite/ });
  test.same(look(place.target), ['mine = mine']);
  const report = await place.restore(entries, { overwrite: 'never' });
  test.same(failed(report), []);
  test.same(look(place.target), ['a = 1', 'mine = mine']);
});

t.test('a target that another restore writes to is busy', async (test) => {
  const place = await makePlace(test);
  const fd = openDirectory(place.target);
  try {
    if (tryLock(fd) === 'unsupported') return;
    await test.rejects(place.restore([place.tree.file('a', '1')]), { code: 'TARGET_BUSY', retryable: true });
  } finally {
    closeFd(fd);
  }
  test.same(failed(await place.restore([place.tree.file('a', '1')])), []);
});

t.test('deleting with "/" and flattening two scopes are refused', async (test) => {
  const place = await makePlace(test);
  const entry = place.tree.directory('x', []);
  await place.tree.store();
  await test.rejects(place.run([place.scope('/a', entry)], { target: '/', delete: true, overwrite: 'always' }), {
    code: 'USAGE',
  });
  const two = [place.scope('/a', entry), place.scope('/b', entry)];
  await test.rejects(place.run(two, { flatten: true }), { code: 'USAGE', message: /exactly one/ });
  await test.rejects(place.run([place.scope('/a', entry), place.scope('/a', entry)]), { code: 'USAGE' });
});

t.test('what a killed restore left is removed by the next one', async (test) => {
  const place = await makePlace(test);
  const left = join(place.target, '.bitacora-restore-0123456789abcdef');
  mkdirSync(join(left, 'deep'), { recursive: true });
  writeFileSync(join(left, 'deep', 'half'), 'half');
  const report = await place.restore([place.tree.file('a', '1')]);
  test.same(failed(report), []);
  test.same(look(place.target), ['a = 1']);
});

t.test('a name that only looks like a leftover stays', async (test) => {
  const place = await makePlace(test);
  mkdirSync(join(place.target, '.bitacora-restore-mine'));
  await place.restore([place.tree.file('a', '1')], { overwrite: 'changed' });
  test.same(look(place.target), ['.bitacora-restore-mine/', 'a = 1']);
});

t.test('a directory without the right to write costs what is new in it', async (test) => {
  const place = await makePlace(test);
  mkdirSync(join(place.target, 'd'));
  const entries = [place.tree.directory('d', [place.tree.file('a', '1')]), place.tree.file('z', '2')];
  chmodSync(place.root, 0o755);
  chmodSync(join(place.target, 'd'), 0o555);
  chmodSync(place.target, 0o777);
  const root = process.geteuid?.() === 0;
  if (root) process.seteuid?.(65534);
  try {
    const report = await place.restore(entries, { overwrite: 'changed' });
    test.same(failed(report), ['EACCES d/a']);
    test.ok(look(place.target).includes('z = 2'));
  } finally {
    if (root) process.seteuid?.(0);
  }
});
