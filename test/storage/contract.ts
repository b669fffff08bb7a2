import { createHash } from 'node:crypto';
import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Test } from 'tap';
import { utf8 } from '../../src/base/index.js';
import {
  type Backend,
  type FileSource,
  type ListOptions,
  OBJECT_NAME_LENGTH_MAX,
  type ObjectEntry,
} from '../../src/storage/index.js';

/**
 * Goal: every backend and every wrapper around one behaves alike.
 * Method: one suite that knows only the contract, run on an empty backend for each test.
 */
export interface ContractSupport {
  /** Whether `put` tells the one creator from those who found the object; not so where calls are repeated unseen. */
  readonly exactOutcome: boolean;
}

export type BackendFactory = (t: Test) => Promise<Backend>;

/** Names that no backend may take: they would leave the root, alias another name, or not survive some file system. */
export const HOSTILE_NAMES = [
  '',
  '.',
  '..',
  '../x',
  'a/../b',
  'a/./b',
  '/etc/passwd',
  'a//b',
  'a/',
  'a\\b',
  'a\0b',
  'a b',
  'a\nb',
  'ä',
  'a\u0301',
  '~',
  'a:b',
  'a*',
  'tmp/x',
  'index',
  'lock',
  'x'.repeat(256),
  `${'x/'.repeat(300)}x`,
];

export async function list(backend: Backend, prefix: string, options: ListOptions = {}): Promise<ObjectEntry[]> {
  const entries: ObjectEntry[] = [];
  for await (const entry of backend.list(prefix, options)) entries.push(entry);
  return entries;
}

export async function names(backend: Backend, prefix: string, options: ListOptions = {}): Promise<string[]> {
  return (await list(backend, prefix, options)).map((entry) => entry.name);
}

/** Writes `bytes` where the backend takes files over, or into a directory of the test. */
export async function spool(t: Test, backend: Backend, bytes: Uint8Array, name = 'spooled'): Promise<FileSource> {
  const file = join(backend.spoolDirectory() ?? t.testdir({}), name);
  await writeFile(file, bytes);
  return { file, length: bytes.length, sha256: createHash('sha256').update(bytes).digest() };
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Bytes without a short period, the same each time. */
export function pattern(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 1;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[at] = state >>> 16;
  }
  return bytes;
}

export function backendContract(
  t: Test,
  subject: string,
  factory: BackendFactory,
  support: ContractSupport = { exactOutcome: true },
): void {
  const contract = { subject, factory, support };
  readingContract(t, contract);
  writingContract(t, contract);
  fileContract(t, contract);
  listingContract(t, contract);
  removingContract(t, contract);
  argumentContract(t, contract);
}

interface Contract {
  readonly subject: string;
  readonly factory: BackendFactory;
  readonly support: ContractSupport;
}

function readingContract(t: Test, { subject, factory }: Contract): void {
  t.test(`${subject}: get() returns what put() stored`, async (t) => {
    const backend = await factory(t);
    const bytes = pattern(100_000);
    await backend.put('users/u/packs/ab/abc', { bytes });
    t.same(await backend.get('users/u/packs/ab/abc'), bytes);
    t.same(await backend.stat('users/u/packs/ab/abc'), { length: 100_000 });
  });

  t.test(`${subject}: an object without bytes is an object`, async (t) => {
    const backend = await factory(t);
    await backend.put('empty', { bytes: new Uint8Array(0) });
    t.equal((await backend.get('empty')).length, 0);
    t.equal((await backend.getRange('empty', 0, 0)).length, 0);
    t.same(await backend.stat('empty'), { length: 0 });
    t.same(await list(backend, ''), [{ name: 'empty', length: 0 }]);
  });

  t.test(`${subject}: buffers are the caller's own, before and after`, async (t) => {
    const backend = await factory(t);
    const bytes = Buffer.from('before');
    await backend.put('object', { bytes });
    bytes.fill(0);
    (await backend.get('object')).fill(1);
    (await backend.getRange('object', 1, 3)).fill(2);
    t.same(utf8('before'), await backend.get('object'));
  });

  t.test(`${subject}: getRange() returns exactly the bytes asked for`, async (t) => {
    const backend = await factory(t);
    const bytes = pattern(1000);
    await backend.put('object', { bytes });
    for (const [offset, length] of [
      [0, 1000],
      [0, 1],
      [999, 1],
      [123, 456],
      [1000, 0],
    ] as const) {
      t.same(await backend.getRange('object', offset, length), bytes.subarray(offset, offset + length));
    }
  });

  t.test(`${subject}: getRange() past the end is corrupt, never short`, async (t) => {
    const backend = await factory(t);
    await backend.put('object', { bytes: pattern(1000) });
    await t.rejects(backend.getRange('object', 999, 2), { code: 'DATA_CORRUPT' });
    await t.rejects(backend.getRange('object', 5000, 1), { code: 'DATA_CORRUPT' });
    await t.rejects(backend.getRange('object', 1001, 0), { code: 'DATA_CORRUPT' });
  });

  t.test(`${subject}: what is not there is missing, for certain`, async (t) => {
    const backend = await factory(t);
    await backend.put('a/object', { bytes: pattern(10) });
    for (const name of ['object', 'a', 'a/other', 'b/object', 'a/object/below']) {
      await t.rejects(backend.get(name), { code: 'OBJECT_MISSING', retryable: false }, name);
      await t.rejects(backend.getRange(name, 0, 1), { code: 'OBJECT_MISSING' }, name);
      t.equal(await backend.stat(name), undefined, name);
    }
  });
}

function writingContract(t: Test, { subject, factory, support }: Contract): void {
  t.test(`${subject}: put() of the same bytes again says that they exist`, async (t) => {
    const backend = await factory(t);
    const first = await backend.put('object', { bytes: pattern(5000) });
    if (support.exactOutcome) t.equal(first, 'created');
    t.equal(await backend.put('object', { bytes: pattern(5000) }), 'exists');
    t.same(await backend.get('object'), pattern(5000));
  });

  t.test(`${subject}: put() never replaces other bytes`, async (t) => {
    const backend = await factory(t);
    await backend.put('object', { bytes: pattern(5000) });
    const flipped = pattern(5000);
    flipped[4999]! ^= 1;
    for (const bytes of [flipped, pattern(4999), pattern(5001), new Uint8Array(0)]) {
      await t.rejects(backend.put('object', { bytes }), { code: 'OBJECT_EXISTS', retryable: false });
    }
    t.same(await backend.get('object'), pattern(5000));
  });

  t.test(`${subject}: of many concurrent put() calls for one name exactly one creates it`, async (t) => {
    const backend = await factory(t);
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => backend.put('x/y/object', { bytes: pattern(3000) })),
    );
    const created = outcomes.filter((outcome) => outcome === 'created').length;
    if (support.exactOutcome) t.equal(created, 1);
    else t.ok(created <= 1);
    t.same(await backend.get('x/y/object'), pattern(3000));
  });

  t.test(`${subject}: of concurrent put() calls with different bytes one wins whole`, async (t) => {
    const backend = await factory(t);
    const settled = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => backend.put('object', { bytes: new Uint8Array(2000).fill(index) })),
    );
    const winners = settled.flatMap((result, index) => (result.status === 'fulfilled' ? [index] : []));
    t.equal(winners.length, 1);
    t.same(await backend.get('object'), new Uint8Array(2000).fill(winners[0]!));
    for (const result of settled) if (result.status === 'rejected') t.equal(result.reason.code, 'OBJECT_EXISTS');
  });

  t.test(`${subject}: a name cannot lie below an object, nor an object take a directory's name`, async (t) => {
    const backend = await factory(t);
    await backend.put('a/b', { bytes: pattern(1) });
    await t.rejects(backend.put('a/b/c', { bytes: pattern(1) }), { code: 'BACKEND_FAILED' });
    await t.rejects(backend.put('a', { bytes: pattern(1) }), { code: 'BACKEND_FAILED' });
    t.same(await names(backend, ''), ['a/b']);
  });
}

function fileContract(t: Test, { subject, factory }: Contract): void {
  t.test(`${subject}: put() consumes a spooled file of 40 MiB`, async (t) => {
    const backend = await factory(t);
    const bytes = pattern(40 * 1024 * 1024);
    const source = await spool(t, backend, bytes);
    await backend.put('packs/large', source);
    t.notOk(await exists(source.file));
    t.same(await backend.stat('packs/large'), { length: bytes.length });
    t.ok(Buffer.compare(await backend.get('packs/large'), bytes) === 0);
    t.same(await backend.getRange('packs/large', bytes.length - 9, 9), bytes.subarray(-9));
  });

  t.test(`${subject}: put() consumes a spooled file whose bytes exist already`, async (t) => {
    const backend = await factory(t);
    await backend.put('object', { bytes: pattern(70_000) });
    const source = await spool(t, backend, pattern(70_000));
    t.equal(await backend.put('object', source), 'exists');
    t.notOk(await exists(source.file));
  });

  t.test(`${subject}: put() leaves a spooled file where it is when it throws`, async (t) => {
    const backend = await factory(t);
    await backend.put('object', { bytes: pattern(70_000) });
    const source = await spool(t, backend, pattern(70_001));
    await t.rejects(backend.put('object', source), { code: 'OBJECT_EXISTS' });
    t.ok(await exists(source.file));
    await backend.put('other', source);
    t.same(await backend.get('other'), pattern(70_001));
  });

  t.test(`${subject}: put() refuses a spooled file of another length`, async (t) => {
    const backend = await factory(t);
    const source = await spool(t, backend, pattern(100));
    await t.rejects(backend.put('object', { ...source, length: 101 }), { code: 'DATA_CORRUPT' });
    t.equal(await backend.stat('object'), undefined);
  });

  t.test(`${subject}: put() of a spooled file that is not there fails`, async (t) => {
    const backend = await factory(t);
    const file = join(t.testdir({}), 'nothing');
    await t.rejects(backend.put('object', { file, length: 1, sha256: new Uint8Array(32) }), { code: 'BACKEND_FAILED' });
  });
}

function listingContract(t: Test, { subject, factory }: Contract): void {
  const tree = ['a', 'a-b', 'a.b/x', 'a0', 'b/a/x', 'b/a-/x', 'b/a.x', 'b/a0', 'b/b', 'B', '_', '0', 'b-/x', 'b0'];
  const sorted = [...tree].sort((a, b) => Buffer.compare(utf8(a), utf8(b)));

  async function planted(t: Test): Promise<Backend> {
    const backend = await factory(t);
    for (const name of tree) await backend.put(name, { bytes: utf8(name) });
    return backend;
  }

  t.test(`${subject}: list() gives names in byte order with lengths`, async (t) => {
    const backend = await planted(t);
    t.same(
      await list(backend, ''),
      sorted.map((name) => ({ name, length: name.length })),
    );
  });

  t.test(`${subject}: list() takes any string for a prefix`, async (t) => {
    const backend = await planted(t);
    for (const prefix of ['a', 'a-', 'b/', 'b/a', 'b/a/', 'b', 'b/a-/x', 'z', 'z/y/', '.', 'b/..']) {
      t.same(
        await names(backend, prefix),
        sorted.filter((name) => name.startsWith(prefix)),
        prefix,
      );
    }
  });

  t.test(`${subject}: list() goes on after any name, whether it exists or not`, async (t) => {
    const backend = await planted(t);
    for (const after of [...sorted, 'b/', 'b/a', 'b/a/', 'b/a/y', 'b/zzz', 'zzz', '!', 'b/a.']) {
      for (const prefix of ['', 'b/', 'b/a']) {
        const expected = sorted.filter((name) => name > after && name.startsWith(prefix));
        t.same(await names(backend, prefix, { after }), expected, `${prefix} after ${after}`);
      }
    }
  });

  t.test(`${subject}: list() can be left early and taken up again`, async (t) => {
    const backend = await planted(t);
    const seen: string[] = [];
    while (seen.length < sorted.length) {
      for await (const entry of backend.list('', { after: seen.at(-1) })) {
        seen.push(entry.name);
        if (seen.length % 3 === 0) break;
      }
    }
    t.same(seen, sorted);
  });

  t.test(`${subject}: list() misses nothing that was there before while others write`, async (t) => {
    const backend = await factory(t);
    const before = Array.from({ length: 150 }, (_, index) => `d${index % 7}/${String(index).padStart(3, '0')}`);
    for (const name of before) await backend.put(name, { bytes: utf8(name) });
    let writes = 0;
    const seen: string[] = [];
    for await (const { name } of backend.list('')) {
      seen.push(name);
      await backend.put(`d${writes % 9}/new-${writes++}`, { bytes: utf8(name) });
    }
    t.same(seen, [...seen].sort());
    t.same(
      seen.filter((name) => !name.includes('new')),
      [...before].sort(),
    );
  });
}

function removingContract(t: Test, { subject, factory }: Contract): void {
  t.test(`${subject}: remove() removes one object and frees its name`, async (t) => {
    const backend = await factory(t);
    await backend.put('a/one', { bytes: pattern(1) });
    await backend.put('a/two', { bytes: pattern(2) });
    await backend.remover().remove('a/one');
    t.same(await names(backend, ''), ['a/two']);
    await t.rejects(backend.get('a/one'), { code: 'OBJECT_MISSING' });
    await backend.put('a/one', { bytes: pattern(3) });
    t.same(await backend.get('a/one'), pattern(3));
  });

  t.test(`${subject}: remove() of what is not there is fine`, async (t) => {
    const backend = await factory(t);
    await backend.put('a/one', { bytes: pattern(1) });
    const remover = backend.remover();
    for (const name of ['a/two', 'b/one', 'a', 'a/one/below']) await remover.remove(name);
    await remover.remove('a/one');
    await remover.remove('a/one');
    t.same(await names(backend, ''), []);
  });

  t.test(`${subject}: move() gives an object another name, again where it is repeated`, async (t) => {
    const backend = await factory(t);
    const remover = backend.remover();
    await backend.put('a/one', { bytes: pattern(7) });
    await remover.move('a/one', 'aside/b/one');
    t.same(await names(backend, ''), ['aside/b/one']);
    t.same(await backend.get('aside/b/one'), pattern(7));
    await remover.move('a/one', 'aside/b/one');
    t.same(await names(backend, ''), ['aside/b/one']);
    await remover.move('aside/b/one', 'a/one');
    t.same(await backend.get('a/one'), pattern(7));
    await t.rejects(remover.move('a/none', 'a/other'), { code: 'OBJECT_MISSING' });
    await backend.put('a/two', { bytes: pattern(8) });
    await t.rejects(remover.move('a/one', 'a/two'), { code: 'OBJECT_EXISTS' });
    t.same(await names(backend, ''), ['a/one', 'a/two']);
  });

  t.test(`${subject}: move() to a name that another object of the same bytes has ends with one of them`, async (t) => {
    const backend = await factory(t);
    // What a copy of a vault has that was made in the middle of a move, without keeping hard links.
    for (const name of ['a/one', 'aside/b/one']) await backend.put(name, { bytes: pattern(7) });
    await backend.remover().move('a/one', 'aside/b/one');
    t.same(await names(backend, ''), ['aside/b/one']);
    t.same(await backend.get('aside/b/one'), pattern(7));
    await backend.put('a/one', { bytes: pattern(8).subarray(0, 7) });
    await backend.put('a/two', { bytes: pattern(8).subarray(1) });
    await t.rejects(backend.remover().move('a/one', 'a/two'), { code: 'OBJECT_EXISTS' });
    t.same(await names(backend, ''), ['a/one', 'a/two', 'aside/b/one']);
  });

  t.test(`${subject}: nothing but the remover can remove`, async (t) => {
    const backend = await factory(t);
    t.notOk('remove' in backend || 'move' in backend);
    t.notOk('get' in backend.remover() || 'put' in backend.remover());
  });
}

function argumentContract(t: Test, { subject, factory }: Contract): void {
  t.test(`${subject}: hostile names are refused by every call`, async (t) => {
    const backend = await factory(t);
    for (const name of HOSTILE_NAMES) {
      const shown = JSON.stringify(name.slice(0, 20));
      await t.rejects(backend.put(name, { bytes: pattern(1) }), TypeError, `put ${shown}`);
      await t.rejects(backend.get(name), TypeError, `get ${shown}`);
      await t.rejects(backend.getRange(name, 0, 1), TypeError, `getRange ${shown}`);
      await t.rejects(backend.stat(name), TypeError, `stat ${shown}`);
      await t.rejects(backend.remover().remove(name), TypeError, `remove ${shown}`);
      await t.rejects(backend.remover().move(name, 'object'), TypeError, `move ${shown}`);
      await t.rejects(backend.remover().move('object', name), TypeError, `move to ${shown}`);
      t.throws(() => backend.localPath(name), TypeError, `localPath ${shown}`);
    }
    for (const prefix of ['/', '../', 'a/../', 'a//', 'a\\', '\0', 'ä', 'a b', `${'x/'.repeat(300)}`]) {
      await t.rejects(list(backend, prefix), TypeError, `list ${JSON.stringify(prefix.slice(0, 20))}`);
    }
    t.same(await names(backend, ''), []);
  });

  t.test(`${subject}: the longest name allowed works`, async (t) => {
    const backend = await factory(t);
    const name = `${'d'.repeat(255)}/e/${'f'.repeat(OBJECT_NAME_LENGTH_MAX - 258)}`;
    await backend.put(name, { bytes: pattern(3) });
    t.same(await names(backend, 'd'), [name]);
    t.same(await backend.get(name), pattern(3));
  });

  t.test(`${subject}: ranges that are none are refused`, async (t) => {
    const backend = await factory(t);
    await backend.put('object', { bytes: pattern(10) });
    for (const [offset, length] of [
      [-1, 2],
      [0, -1],
      [0.5, 1],
      [0, Number.NaN],
      [2 ** 60, 1],
    ] as const) {
      await t.rejects(backend.getRange('object', offset, length), TypeError, `${offset}, ${length}`);
    }
  });

  t.test(`${subject}: an aborted call is cancelled and stores nothing`, async (t) => {
    const backend = await factory(t);
    await backend.put('object', { bytes: pattern(10) });
    const signal = AbortSignal.abort();
    const cancelled = { code: 'CANCELLED' };
    await t.rejects(backend.put('other', { bytes: pattern(1) }, { signal }), cancelled);
    await t.rejects(backend.get('object', { signal }), cancelled);
    await t.rejects(backend.getRange('object', 0, 1, { signal }), cancelled);
    await t.rejects(backend.stat('object', { signal }), cancelled);
    await t.rejects(backend.remover().remove('object', { signal }), cancelled);
    await t.rejects(list(backend, '', { signal }), cancelled);
    t.same(await names(backend, ''), ['object']);
  });

  t.test(`${subject}: close() waits for calls under way and then refuses`, async (t) => {
    const backend = await factory(t);
    const putting = backend.put('object', { bytes: pattern(100_000) });
    await backend.close();
    t.ok(await putting);
    await t.rejects(backend.get('object'), TypeError);
    await t.rejects(backend.put('other', { bytes: pattern(1) }), TypeError);
    await t.rejects(list(backend, ''), TypeError);
    await backend.close();
  });
}
