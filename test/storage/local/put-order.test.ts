/**
 * Goal: the order of writes that survives a crash, and what each failure on the way leads to.
 * Method: every file system call is logged or made to fail; the log is compared line by line.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type LocalBackend, openLocalBackend } from '../../../src/storage/index.js';
import { exists, names, pattern, spool } from '../contract.js';
import { type WatchedFileSystem, watchFileSystem } from './watched-file-system.js';

interface Bench {
  readonly root: string;
  readonly fileSystem: WatchedFileSystem;
  readonly backend: LocalBackend;
}

async function bench(t: Test): Promise<Bench> {
  const root = t.testdir({});
  const fileSystem = watchFileSystem(root);
  const backend = await openLocalBackend(root, { fileSystem });
  fileSystem.log.length = 0;
  return { root, fileSystem, backend };
}

/** The last `count` calls run side by side and may end in any order. */
function withSyncsSorted(log: readonly string[], count: number): string[] {
  return [...log.slice(0, -count), ...log.slice(-count).sort()];
}

t.test('put() writes, syncs, links, drops the temporary name, syncs the directory and what is new above', async (t) => {
  const { backend, fileSystem } = await bench(t);
  await backend.put('a/b/one', { bytes: pattern(100) });
  t.same(withSyncsSorted(fileSystem.log, 3), [
    'create tmp/#1',
    'write tmp/#1 0+100',
    'sync tmp/#1',
    'link tmp/#1 a/b/one',
    'mkdir a/b',
    'mkdir a',
    'mkdir a/b',
    'link tmp/#1 a/b/one',
    'unlink tmp/#1',
    'sync .',
    'sync a',
    'sync a/b',
  ]);
  fileSystem.log.length = 0;
  await backend.put('a/b/two', { bytes: pattern(100) });
  t.same(fileSystem.log, [
    'create tmp/#2',
    'write tmp/#2 0+100',
    'sync tmp/#2',
    'link tmp/#2 a/b/two',
    'unlink tmp/#2',
    'sync a/b',
  ]);
});

t.test('put() of a spooled file syncs and links it without a copy, and lets go of it last', async (t) => {
  const { backend, fileSystem } = await bench(t);
  await backend.put('one', await spool(t, backend, pattern(100)));
  t.same(fileSystem.log, ['sync tmp/spooled', 'link tmp/spooled one', 'sync .', 'unlink tmp/spooled']);
});

t.test('put() of what exists syncs the directory before it says so', async (t) => {
  const { backend, fileSystem } = await bench(t);
  await backend.put('one', { bytes: pattern(100) });
  fileSystem.log.length = 0;
  t.equal(await backend.put('one', { bytes: pattern(100) }), 'exists');
  t.same(fileSystem.log.slice(-3), ['link tmp/#2 one', 'unlink tmp/#2', 'sync .']);
});

t.test('a directory made by a process that died is made durable by the next', async (t) => {
  const { root, backend, fileSystem } = await bench(t);
  await backend.put('a/b/one', { bytes: pattern(1) });
  const next = await openLocalBackend(root, { fileSystem });
  fileSystem.log.length = 0;
  await next.put('a/b/two', { bytes: pattern(1) });
  t.same(withSyncsSorted(fileSystem.log, 3).slice(-3), ['sync .', 'sync a', 'sync a/b']);
});

t.test('opening with create makes the root durable', async (t) => {
  const parent = t.testdir({});
  const fileSystem = watchFileSystem(parent);
  await openLocalBackend(join(parent, 'vault'), { create: true, fileSystem });
  t.same(fileSystem.log, ['mkdir vault', 'sync .', 'mkdir vault/tmp']);
});

t.test('writes that take fewer bytes than asked are carried on', async (t) => {
  const { backend, fileSystem } = await bench(t);
  fileSystem.writeBytesMax = 7;
  await backend.put('one', { bytes: pattern(100) });
  t.same(await backend.get('one'), pattern(100));
  t.equal(fileSystem.log.filter((line) => line.startsWith('write')).length, 15);
});

t.test('concurrent puts into one directory share its fsyncs', async (t) => {
  const { backend, fileSystem } = await bench(t);
  await backend.put('log/first', { bytes: pattern(1) });
  fileSystem.log.length = 0;
  await Promise.all(Array.from({ length: 100 }, (_, index) => backend.put(`log/${index}`, { bytes: pattern(10) })));
  const { log } = fileSystem;
  const syncs = log.filter((line) => line === 'sync log').length;
  t.ok(syncs < 100, `${syncs} fsyncs for 100 puts`);
  const lastLink = log.findLastIndex((line) => line.startsWith('link'));
  t.ok(log.lastIndexOf('sync log') > lastLink, 'the last fsync began after the last link');
});

t.test('after a failed fsync another file is written, and the first is never synced again', async (t) => {
  const { root, backend, fileSystem } = await bench(t);
  fileSystem.inject({ call: 'sync tmp/#1', errno: 'EIO' });
  t.equal(await backend.put('one', { bytes: pattern(100) }), 'created');
  t.same(fileSystem.log, [
    'create tmp/#1',
    'write tmp/#1 0+100',
    'sync tmp/#1',
    'unlink tmp/#1',
    'create tmp/#2',
    'write tmp/#2 0+100',
    'sync tmp/#2',
    'link tmp/#2 one',
    'unlink tmp/#2',
    'sync .',
  ]);
  t.same(await readFile(join(root, 'one')), Buffer.from(pattern(100)));
});

t.test('a second failed fsync fails the backend and leaves no name', async (t) => {
  const { root, backend, fileSystem } = await bench(t);
  fileSystem.inject({ call: 'sync tmp/#1', errno: 'EIO' }, { call: 'sync tmp/#2', errno: 'EIO' });
  const failed = { code: 'BACKEND_FAILED', retryable: false, details: { errno: 'EIO' } };
  await t.rejects(backend.put('one', { bytes: pattern(100) }), failed);
  t.equal(fileSystem.log.filter((line) => line.startsWith('create')).length, 2);
  t.notOk(fileSystem.log.some((line) => line.startsWith('link')));
  t.same(await readdir(root), ['tmp']);
  t.same(await readdir(join(root, 'tmp')), []);
});

t.test('a spooled file whose fsync failed is copied to a new one', async (t) => {
  const { backend, fileSystem } = await bench(t);
  const source = await spool(t, backend, pattern(3_000_000));
  fileSystem.inject({ call: 'sync tmp/spooled', errno: 'EIO' });
  t.equal(await backend.put('one', source), 'created');
  t.same(
    fileSystem.log.filter((line) => /^(sync|link)/.test(line)),
    ['sync tmp/spooled', 'sync tmp/#1', 'link tmp/#1 one', 'sync .'],
  );
  t.ok(Buffer.compare(await backend.get('one'), pattern(3_000_000)) === 0);
  t.notOk(await exists(source.file));
});

t.test('a copy of a spooled file that reads otherwise than it was written is refused', async (t) => {
  const { backend, fileSystem } = await bench(t);
  const source = { ...(await spool(t, backend, pattern(100))), sha256: new Uint8Array(32) };
  fileSystem.inject({ call: 'sync tmp/spooled', errno: 'EIO' });
  await t.rejects(backend.put('one', source), { code: 'DATA_CORRUPT' });
  t.equal(await backend.stat('one'), undefined);
});

t.test('a spooled file on another file system is copied', async (t) => {
  const { root, fileSystem } = await bench(t);
  const elsewhere = { ...fileSystem };
  elsewhere.stat = async (path) => {
    const stat = await fileSystem.stat(path);
    return path.endsWith('/tmp') ? { ...stat, device: stat.device + 1n } : stat;
  };
  const backend = await openLocalBackend(root, { fileSystem: elsewhere });
  const source = await spool(t, backend, pattern(100));
  fileSystem.log.length = 0;
  await backend.put('one', source);
  t.same(fileSystem.log.at(0), 'create tmp/#1');
  t.same(await backend.get('one'), pattern(100));
  t.notOk(await exists(source.file));
});

t.test('each failure before the link leaves no name and no temporary file', async (t) => {
  for (const [call, errno, code] of [
    ['create', 'ENOSPC', 'NO_SPACE'],
    ['write', 'ENOSPC', 'NO_SPACE'],
    ['write', 'EDQUOT', 'NO_SPACE'],
    ['sync tmp', 'ENOSPC', 'NO_SPACE'],
    ['link', 'ENOSPC', 'NO_SPACE'],
    ['mkdir', 'ENOSPC', 'NO_SPACE'],
    ['create', 'EROFS', 'VAULT_READ_ONLY'],
    ['create', 'EACCES', 'VAULT_READ_ONLY'],
    ['write', 'EIO', 'BACKEND_FAILED'],
    ['link', 'EIO', 'BACKEND_FAILED'],
    ['create', 'EMFILE', 'BACKEND_FAILED'],
    ['link', 'EPERM', 'UNSUPPORTED'],
  ] as const) {
    const { root, backend, fileSystem } = await bench(t);
    fileSystem.inject({ call, errno });
    await t.rejects(backend.put('a/one', { bytes: pattern(100) }), { code }, `${call} ${errno}`);
    t.same(await names(backend, ''), [], `${call} ${errno}`);
    t.same(await readdir(join(root, 'tmp')), [], `${call} ${errno}`);
    t.equal(await backend.put('a/one', { bytes: pattern(100) }), 'created', `${call} ${errno}, again`);
  }
});

t.test(
  'a failed directory fsync fails the put, keeps the name, and lets nothing more into that directory',
  async (t) => {
    const { backend, fileSystem } = await bench(t);
    await backend.put('a/first', { bytes: pattern(1) });
    fileSystem.inject({ call: 'sync a', errno: 'EIO' });
    const failed = { code: 'BACKEND_FAILED', retryable: false };
    await t.rejects(backend.put('a/one', { bytes: pattern(100) }), failed);
    t.notOk(fileSystem.log.includes('unlink a/one'));
    t.same(await backend.get('a/one'), pattern(100));
    const syncs = fileSystem.log.filter((line) => line === 'sync a').length;
    await t.rejects(backend.put('a/one', { bytes: pattern(100) }), failed);
    await t.rejects(backend.put('a/two', { bytes: pattern(100) }), failed);
    await t.rejects(backend.remover().remove('a/first'), failed);
    t.equal(fileSystem.log.filter((line) => line === 'sync a').length, syncs, 'never synced again');
    t.equal(await backend.put('b/two', { bytes: pattern(100) }), 'created', 'other directories go on');
  },
);

t.test('a directory fsync that finds no space says that', async (t) => {
  const { backend, fileSystem } = await bench(t);
  await backend.put('a/first', { bytes: pattern(1) });
  fileSystem.inject({ call: 'sync a', errno: 'EDQUOT' });
  const failed = { code: 'NO_SPACE', retryable: false, message: /Free some space/ };
  await t.rejects(backend.put('a/one', { bytes: pattern(100) }), failed);
  await t.rejects(backend.put('a/two', { bytes: pattern(100) }), failed);
});

t.test('a put that failed at the directory keeps its spooled file', async (t) => {
  const { backend, fileSystem } = await bench(t);
  const source = await spool(t, backend, pattern(100));
  fileSystem.inject({ call: 'sync .', errno: 'EIO' });
  await t.rejects(backend.put('one', source), { code: 'BACKEND_FAILED' });
  t.ok(await exists(source.file));
});

t.test('a file system without directory fsync is taken as it is', async (t) => {
  const { backend, fileSystem } = await bench(t);
  fileSystem.inject({ call: 'sync .', errno: 'EINVAL' });
  t.equal(await backend.put('one', { bytes: pattern(100) }), 'created');
});

t.test('a temporary name that cannot be removed does not fail the put', async (t) => {
  const { root, backend, fileSystem } = await bench(t);
  fileSystem.inject({ call: 'unlink tmp', errno: 'EIO' });
  t.equal(await backend.put('one', { bytes: pattern(100) }), 'created');
  t.equal((await readdir(join(root, 'tmp'))).length, 1);
  t.equal(await backend.cleanTemporary(), 1);
  t.same(await backend.get('one'), pattern(100));
});

t.test('an existing object that cannot be read is neither equal nor different', async (t) => {
  const { backend, fileSystem } = await bench(t);
  await backend.put('one', { bytes: pattern(100) });
  fileSystem.inject({ call: 'read one', nth: 2, errno: 'EIO' });
  await t.rejects(backend.put('one', { bytes: pattern(100) }), { code: 'OBJECT_UNKNOWN', retryable: true });
});

t.test('remove() syncs the directory, also when somebody else removed the object', async (t) => {
  const { backend, fileSystem } = await bench(t);
  await backend.put('a/one', { bytes: pattern(1) });
  fileSystem.log.length = 0;
  await backend.remover().remove('a/one');
  await backend.remover().remove('a/one');
  t.same(fileSystem.log, ['unlink a/one', 'sync a', 'unlink a/one', 'sync a']);
});

t.test('remove() that fails says so', async (t) => {
  const { backend, fileSystem } = await bench(t);
  await backend.put('a/one', { bytes: pattern(1) });
  for (const [errno, code] of [
    ['EROFS', 'VAULT_READ_ONLY'],
    ['EACCES', 'VAULT_READ_ONLY'],
    ['EIO', 'BACKEND_FAILED'],
  ] as const) {
    fileSystem.inject({ call: 'unlink a/one', errno });
    await t.rejects(backend.remover().remove('a/one'), { code }, errno);
  }
  t.same(await names(backend, ''), ['a/one']);
});

t.test('a vault that cannot be written can be opened and read', async (t) => {
  const root = t.testdir({ object: 'bytes' });
  const fileSystem = watchFileSystem(root);
  fileSystem.inject({ call: 'mkdir tmp', errno: 'EROFS' }, { call: 'create', errno: 'EROFS' });
  const backend = await openLocalBackend(root, { fileSystem });
  t.same(await names(backend, ''), ['object']);
  t.equal((await backend.get('object')).length, 5);
  await t.rejects(backend.put('one', { bytes: pattern(1) }), { code: 'VAULT_READ_ONLY' });
});
