import { execFileSync } from 'node:child_process';
import { lstat, mkdir, readdir, rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { openLocalBackend } from '../../../src/storage/index.js';
import { backendContract, list, names, pattern, spool } from '../contract.js';
import { watchFileSystem } from './watched-file-system.js';

backendContract(t, 'local', async (t) => openLocalBackend(join(t.testdir({}), 'vault'), { create: true }));

async function modeOf(path: string): Promise<number> {
  return (await lstat(path)).mode & 0o7777;
}

t.test('directories are 0700 and objects 0400, spooled ones too', async (t) => {
  const root = join(t.testdir({}), 'vault');
  const backend = await openLocalBackend(root, { create: true });
  await backend.put('a/b/bytes', { bytes: pattern(1) });
  await backend.put('a/b/file', await spool(t, backend, pattern(2)));
  for (const name of ['.', 'tmp', 'a', 'a/b']) t.equal(await modeOf(join(root, name)), 0o700, name);
  for (const name of ['a/b/bytes', 'a/b/file']) t.equal(await modeOf(join(root, name)), 0o400, name);
  t.equal(backend.localPath('a/b/file'), join(root, 'a/b/file'));
});

t.test('opening what is not there makes nothing unless asked', async (t) => {
  const parent = t.testdir({ file: 'x' });
  await t.rejects(openLocalBackend(join(parent, 'vault')), { code: 'NOT_A_VAULT' });
  await t.rejects(openLocalBackend(join(parent, 'file')), { code: 'NOT_A_VAULT' });
  await t.rejects(openLocalBackend(join(parent, 'no/vault'), { create: true }), { code: 'BACKEND_FAILED' });
  t.same(await readdir(parent), ['file']);
});

t.test('reserved names and names that no object can have are left out of lists', async (t) => {
  const root = t.testdir({ index: { x: '1' }, lock: '2', tmp: { y: '3' }, 'no object': '4', a: { tmp: '5', ü: '6' } });
  const backend = await openLocalBackend(root);
  t.same(await list(backend, ''), [{ name: 'a/tmp', length: 1 }]);
});

t.test('leftovers in tmp/ are not listed and are removed on request', async (t) => {
  const root = t.testdir({ tmp: { 'left-1': '1', 'left-2': '2' }, a: 'x' });
  const backend = await openLocalBackend(root);
  t.same(await names(backend, ''), ['a']);
  t.equal(await backend.cleanTemporary(), 2);
  t.same(await readdir(join(root, 'tmp')), []);
  t.equal(await backend.cleanTemporary(), 0);
});

t.test('cleanTemporary() refuses while a call is under way', async (t) => {
  const backend = await openLocalBackend(t.testdir({}));
  const putting = backend.put('object', { bytes: pattern(1000) });
  await t.rejects(backend.cleanTemporary(), TypeError);
  await putting;
  t.equal(await backend.cleanTemporary(), 0);
});

t.test('puts leave nothing in tmp/', async (t) => {
  const root = t.testdir({});
  const backend = await openLocalBackend(root);
  await backend.put('object', { bytes: pattern(10) });
  await backend.put('object', { bytes: pattern(10) });
  await t.rejects(backend.put('object', { bytes: pattern(11) }), { code: 'OBJECT_EXISTS' });
  t.same(await readdir(join(root, 'tmp')), []);
});

t.test('a symbolic link in the place of an object is an error, never followed, never absent', async (t) => {
  const root = t.testdir({ secret: 'x', a: {} });
  await symlink('../secret', join(root, 'a/link'));
  const backend = await openLocalBackend(root);
  const refused = { code: 'BACKEND_FAILED' };
  await t.rejects(backend.get('a/link'), refused);
  await t.rejects(backend.getRange('a/link', 0, 1), refused);
  await t.rejects(backend.stat('a/link'), refused);
  await t.rejects(list(backend, 'a/'), refused);
  await t.rejects(backend.put('a/link', { bytes: pattern(1) }), { code: 'OBJECT_UNKNOWN' });
});

t.test('a linked directory is listed, a broken one is no proof of absence', async (t) => {
  const root = t.testdir({ vault: { broken: {} }, disk: { u: { object: 'x' } } });
  await symlink('../disk', join(root, 'vault/users'));
  await symlink('../gone', join(root, 'vault/broken/users'));
  const backend = await openLocalBackend(join(root, 'vault'));
  t.same(await names(backend, 'users/'), ['users/u/object']);
  t.equal(await backend.stat('users/u/other'), undefined);
  await t.rejects(backend.get('broken/users/object'), { code: 'OBJECT_UNKNOWN' });
  await t.rejects(backend.stat('broken/users/object'), { code: 'OBJECT_UNKNOWN' });
  await t.rejects(list(backend, 'broken/users/'), { code: 'BACKEND_FAILED' });
  await t.rejects(list(backend, 'broken/'), { code: 'BACKEND_FAILED' });
});

t.test('when the root is replaced, nothing is reported as absent', async (t) => {
  const parent = t.testdir({ vault: { a: { object: 'x' } } });
  const root = join(parent, 'vault');
  const backend = await openLocalBackend(root);
  await rename(root, join(parent, 'moved'));
  for (const state of ['gone', 'empty']) {
    if (state === 'empty') await mkdir(root);
    await t.rejects(backend.get('a/object'), { code: 'OBJECT_UNKNOWN' }, state);
    await t.rejects(backend.stat('a/object'), { code: 'OBJECT_UNKNOWN' }, state);
    await t.rejects(list(backend, ''), { code: 'BACKEND_FAILED' }, state);
    await t.rejects(list(backend, 'a/'), { code: 'BACKEND_FAILED' }, state);
    await t.rejects(backend.remover().remove('a/object'), { code: 'OBJECT_UNKNOWN' }, state);
    await t.rejects(backend.put('a/object', { bytes: pattern(1) }), { code: 'BACKEND_FAILED' }, state);
  }
  t.same(await readdir(root), []);
});

t.test('errors while reading are told apart from absence', async (t) => {
  const root = t.testdir({ a: { object: 'bytes' } });
  const fileSystem = watchFileSystem(root);
  const backend = await openLocalBackend(root, { fileSystem });
  fileSystem.inject(
    { call: 'read a/object', errno: 'EIO' },
    { call: 'lstat a/object', errno: 'EIO' },
    { call: 'open a/object', nth: 2, errno: 'EACCES' },
    { call: 'open a/object', nth: 3, errno: 'EMFILE' },
  );
  await t.rejects(backend.get('a/object'), { code: 'BACKEND_FAILED', retryable: true }, 'reading');
  await t.rejects(backend.stat('a/object'), { code: 'OBJECT_UNKNOWN', retryable: true }, 'asking');
  await t.rejects(backend.get('a/object'), { code: 'OBJECT_UNKNOWN', retryable: false }, 'no permission');
  await t.rejects(backend.get('a/object'), { code: 'OBJECT_UNKNOWN', retryable: true }, 'too many open files');
  t.equal((await backend.get('a/object')).length, 5);
});

t.test('a listing that cannot be finished throws', async (t) => {
  const root = t.testdir({ a: { x: '1' }, b: { y: '2' }, c: { z: '3' } });
  const fileSystem = watchFileSystem(root);
  const backend = await openLocalBackend(root, { fileSystem });
  for (const injection of [
    { call: 'readdir b', errno: 'EIO' },
    { call: 'readdir .', errno: 'EACCES' },
    { call: 'lstat c/z', errno: 'EIO' },
  ]) {
    fileSystem.inject(injection);
    await t.rejects(list(backend, ''), { code: 'BACKEND_FAILED' }, injection.call);
  }
  t.same(await names(backend, ''), ['a/x', 'b/y', 'c/z']);
});

t.test('an object that loses its end under a reader is corrupt', async (t) => {
  const root = t.testdir({ object: 'bytes' });
  const fileSystem = watchFileSystem(root);
  const shorten = { ...fileSystem };
  shorten.open = async (path, how, mode) => {
    const file = await fileSystem.open(path, how, mode);
    return { ...file, read: async (bytes, position) => (position === 0 ? file.read(bytes.subarray(0, 2), 0) : 0) };
  };
  const backend = await openLocalBackend(root, { fileSystem: shorten });
  await t.rejects(backend.get('object'), { code: 'DATA_CORRUPT' });
  await t.rejects(backend.getRange('object', 0, 4), { code: 'DATA_CORRUPT' });
});

t.test('a fifo in the place of an object does not hang a reader', async (t) => {
  const root = t.testdir({ a: {} });
  execFileSync('mkfifo', [join(root, 'a/object')]);
  const backend = await openLocalBackend(root);
  await t.rejects(backend.get('a/object'), { code: 'BACKEND_FAILED' });
  await t.rejects(backend.stat('a/object'), { code: 'BACKEND_FAILED' });
  await t.rejects(list(backend, ''), { code: 'BACKEND_FAILED' });
});
