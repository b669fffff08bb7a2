import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { equalBytes, systemRandom, toHex } from '../../src/base/index.js';
import { deriveMaster, hmacSha256, sealSimple } from '../../src/crypto/index.js';
import { bundlesPrefix, decodeKeyFile, encodeRegistryRecord, registryName, uidOf } from '../../src/format/index.js';
import {
  type Backend,
  type FaultRule,
  MemoryBackend,
  type ObjectEntry,
  scriptedFaults,
  withFaults,
} from '../../src/storage/index.js';
import { checkUserName } from '../../src/vault/index.js';
import { makeVault, memoryLogger, openUser, type Place, storeSnapshot } from './fixture.js';

async function names(memory: MemoryBackend, prefix: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of memory.list(prefix)) found.push(name);
  return found;
}

async function flip(memory: MemoryBackend, name: string, offset = -1): Promise<void> {
  const bytes = await memory.get(name);
  bytes[offset < 0 ? bytes.length + offset : offset]! ^= 1;
  await memory.remover().remove(name);
  await memory.put(name, { bytes });
}

t.test('ensureUser() makes a user once, with two equal key bundles', async (t) => {
  const memory = new MemoryBackend();
  const place = await makeVault(t, memory);
  const vault = await place.open();
  const { record, created } = await vault.ensureUser('ana');
  t.equal(created, true);
  t.match(record, { name: 'ana', state: 'active', sources: [] });
  t.equal(record.uid.length, 16);
  const again = await vault.ensureUser('ana');
  t.equal(again.created, false);
  t.ok(equalBytes(again.record.uid, record.uid));
  const bundles = await names(memory, bundlesPrefix(uidOf(record.uid)));
  t.equal(bundles.length, 2);
  t.ok(equalBytes(await memory.get(bundles[0]!), await memory.get(bundles[1]!)));
  await vault.ensureUser('Ana');
  await vault.ensureUser('bob@example.org');
  const { records, damaged } = await vault.users();
  t.same(
    records.map(({ name }) => name),
    ['Ana', 'ana', 'bob@example.org'],
  );
  t.same(damaged, []);
  const all = (await names(memory, '')).join();
  t.notMatch(all, /ana|bob/, 'no object’s name shows a user’s');
  await vault.close();
});

t.test('keys come first: a user whose bundle failed does not exist', async (t) => {
  const memory = new MemoryBackend();
  const place = await makeVault(t, memory);
  const faulty = (rule: FaultRule) => place.open({ backend: withFaults(memory, scriptedFaults([rule])) });
  const copy = (n: 1 | 2) => (name: string) => name.endsWith(`.${n}`);
  for (const rule of [
    { verb: 'put', effect: 'no-space', name: copy(1) },
    { verb: 'put', effect: 'unknown', name: copy(2) },
    { verb: 'get', effect: 'corrupt', name: copy(1) },
    { verb: 'get', effect: 'truncated', name: copy(2) },
  ] as const) {
    const vault = await faulty(rule);
    await t.rejects(vault.ensureUser('ana'), { name: 'BitacoraError' }, rule.effect);
    await t.rejects(vault.openUser('ana'), { code: 'UNKNOWN_USER' });
    await vault.close();
  }
  const vault = await place.open();
  t.equal((await vault.ensureUser('ana')).created, true);
  await vault.openUser('ana');
  await vault.close();
});

t.test('unknown users and bad names are told', async (t) => {
  const vault = await (await makeVault(t, new MemoryBackend())).open();
  await t.rejects(vault.openUser('ana'), { code: 'UNKNOWN_USER', message: /"ana".*user list/ });
  for (const bad of ['', '.a', '-a', 'a/b', '../x', 'a b', 'é', 'a\n', 'a'.repeat(129), '__proto__']) {
    await t.rejects(vault.ensureUser(bad), { code: 'BAD_NAME' }, JSON.stringify(bad));
  }
  for (const good of ['a', '0', 'a.b_c@d+e-f', 'constructor', 'a'.repeat(128)]) checkUserName(good);
  await vault.close();
});

t.test('a damaged or lost copy of a bundle is reported and made again', async (t) => {
  const memory = new MemoryBackend();
  const place = await makeVault(t, memory);
  const vault = await place.open();
  const user = await openUser(vault);
  await storeSnapshot(user, 'a');
  await vault.close();
  const copies = await names(memory, bundlesPrefix(uidOf(user.uid)));
  const bytes = await memory.get(copies[0]!);
  for (const copy of copies) {
    for (const harm of [() => flip(memory, copy), () => flip(memory, copy, 10), () => memory.remover().remove(copy)]) {
      await harm();
      const logger = memoryLogger();
      const reading = await place.open({ readOnly: true, logger });
      await reading.openUser('ana');
      await reading.close();
      t.ok(logger.lines.some((line) => line.startsWith('warn: One of the two copies')));
      const writing = await place.open();
      t.equal((await (await writing.openUser('ana')).snapshots.list()).length, 1);
      await writing.close();
      t.ok(equalBytes(await memory.get(copy), bytes), 'the copy is as it was');
    }
  }
});

t.test('two damaged copies are an error that names one, no copy an error that names the place', async (t) => {
  const memory = new MemoryBackend();
  const place = await makeVault(t, memory);
  const vault = await place.open();
  const { record } = await vault.ensureUser('ana');
  const copies = await names(memory, bundlesPrefix(uidOf(record.uid)));
  for (const copy of copies) await flip(memory, copy);
  await t.rejects(vault.openUser('ana'), { code: 'DATA_CORRUPT', message: new RegExp(copies[0]!) });
  for (const copy of copies) await memory.remover().remove(copy);
  await t.rejects(vault.openUser('ana'), { code: 'OBJECT_MISSING', message: new RegExp(uidOf(record.uid)) });
  await vault.close();
});

t.test('another user’s bundle in the place of one’s own is found', async (t) => {
  const memory = new MemoryBackend();
  const place = await makeVault(t, memory);
  const vault = await place.open();
  const ana = (await vault.ensureUser('ana')).record;
  const bob = (await vault.ensureUser('bob')).record;
  const [mine, theirs] = [
    await names(memory, bundlesPrefix(uidOf(ana.uid))),
    await names(memory, bundlesPrefix(uidOf(bob.uid))),
  ];
  for (const [i, name] of mine.entries()) {
    const bytes = await memory.get(theirs[i]!);
    await memory.remover().remove(name);
    await memory.put(name, { bytes });
  }
  await t.rejects(vault.openUser('ana'), { code: 'DATA_CORRUPT', message: new RegExp(toHex(ana.uid)) });
  await vault.close();
});

async function forge(
  place: Place,
  memory: MemoryBackend,
  asName: string,
  record: Parameters<typeof encodeRegistryRecord>[0],
) {
  const { masterKey, vaultId } = decodeKeyFile(await readFile(place.keyFile), 'key');
  const keys = deriveMaster(masterKey, vaultId);
  const context = { format: 0, type: 4, generation: 0, epoch: 0, vaultId, uid: new Uint8Array(16) };
  const bytes = sealSimple(keys.registryKey, context, encodeRegistryRecord(record), systemRandom);
  const name = registryName(hmacSha256(keys.registryNameKey, Buffer.from(asName)), 2);
  await memory.put(name, { bytes });
  return name;
}

t.test('a hostile registry misleads nobody', async (t) => {
  const memory = new MemoryBackend();
  const place = await makeVault(t, memory);
  const vault = await place.open();
  await vault.ensureUser('ana');
  const { record } = await vault.ensureUser('bob');
  const objects = await names(memory, 'registry/');
  t.equal(objects.length, 2);
  // What is no record at all is not looked at.
  await memory.put('registry/zz/nonsense', { bytes: new Uint8Array(4) });
  await memory.put(`registry/00/${'0'.repeat(64)}-000000`, { bytes: new Uint8Array(4) });
  t.equal((await vault.users()).records.length, 2);
  // One's record under a later version of the other's name, moved there by somebody without keys.
  for (const object of objects) {
    const other = objects.find((name) => name !== object)!;
    const later = object.replace(/000001$/, '000002');
    await memory.put(later, { bytes: await memory.get(other) });
  }
  await t.rejects(vault.findUser('ana'), { code: 'DATA_CORRUPT', message: /registry\// });
  const listed = await vault.users();
  t.equal(listed.records.length, 0);
  t.equal(listed.damaged.length, 2);
  for (const object of objects) await memory.remover().remove(object.replace(/000001$/, '000002'));
  // Nor does one's own older record rule again under a later version.
  for (const object of objects)
    await memory.put(object.replace(/000001$/, '000002'), { bytes: await memory.get(object) });
  await t.rejects(vault.findUser('ana'), { code: 'DATA_CORRUPT', message: /version 1 of the record, moved there/ });
  for (const object of objects) await memory.remover().remove(object.replace(/000001$/, '000002'));
  // Damage to both copies of a record hides one user, not the other.
  const both = [objects[0]!, `copies/${objects[0]!}`];
  for (const object of both) await flip(memory, object);
  const { records, damaged } = await vault.users();
  t.equal(records.length, 1);
  t.match(damaged, [{ code: 'DATA_CORRUPT', details: { object: objects[0] } }]);
  for (const object of both) await flip(memory, object);
  // An erased user is gone for everybody.
  await forge(place, memory, 'bob', { ...record, version: 2, state: 'erased' });
  await t.rejects(vault.openUser('bob'), { code: 'UNKNOWN_USER', message: /erased/ });
  await t.rejects(vault.ensureUser('bob'), { code: 'UNKNOWN_USER' });
  await vault.close();
});

t.test('of a record and its copy one is enough, and the other is made again', async (t) => {
  const memory = new MemoryBackend();
  const place = await makeVault(t, memory);
  const vault = await place.open();
  await vault.ensureUser('ana');
  const [object] = (await names(memory, 'registry/')) as [string];
  const copy = `copies/${object}`;
  const bytes = await memory.get(object);
  t.ok(equalBytes(await memory.get(copy), bytes));
  for (const damage of [(name: string) => flip(memory, name), (name: string) => memory.remover().remove(name)]) {
    await damage(object);
    const reader = await place.open({ readOnly: true });
    t.equal((await reader.users()).records.length, 1);
    await reader.close();
    t.equal((await vault.findUser('ana')).name, 'ana');
    t.ok(equalBytes(await memory.get(object), bytes), 'made again from the copy');
    await damage(copy);
    await vault.check();
    t.ok(equalBytes(await memory.get(copy), bytes), 'made again from the object');
  }
  await flip(memory, copy);
  t.match(await vault.check(), [{ code: 'DATA_CORRUPT', details: { object: copy, repaired: true } }]);
  await flip(memory, object);
  t.match(await vault.check(), [{ code: 'DATA_CORRUPT', details: { object, repaired: true } }]);
  t.same(await vault.check(), []);
  await vault.changeUser('ana', () => ({ exclude: ['*.tmp'] }));
  t.same(
    await names(memory, 'copies/registry/'),
    (await names(memory, 'registry/')).map((name) => `copies/${name}`),
  );
  t.equal((await names(memory, 'registry/')).length, 1, 'an older version goes with its copy');
  await vault.close();
});

t.test('a user that is open twice shares one index and one set of keys until both are closed', async (t) => {
  const place = await makeVault(t, new MemoryBackend());
  const vault = await place.open();
  await vault.ensureUser('ana');
  const [one, two] = await Promise.all([vault.openUser('ana'), vault.openUser('ana')]);
  t.equal(one.index, two.index);
  const key = one.secrets.packKey;
  one.close();
  one.close();
  t.ok(key.some((byte) => byte !== 0));
  await storeSnapshot(two, 'a');
  two.close();
  await vault.close();
  t.ok(
    key.every((byte) => byte === 0),
    'the keys are wiped',
  );
});

t.test('a user that is open twice has one log, whoever writes to it', async (t) => {
  const place = await makeVault(t, new MemoryBackend());
  const vault = await place.open();
  await vault.ensureUser('ana');
  const [one, two] = await Promise.all([vault.openUser('ana'), vault.openUser('ana')]);
  await storeSnapshot(one, 'a');
  await Promise.all([storeSnapshot(two, 'b'), storeSnapshot(one, 'c')]);
  const { entry } = await storeSnapshot(two, 'd');
  t.equal(entry.name.seq, 4);
  one.close();
  two.close();
  const again = await vault.openUser('ana', { rebuild: true });
  t.equal(again.index.mark.applied.length, 1, 'no branch');
  await vault.close();
});

t.test('ensureUser() called twice at once makes one user', async (t) => {
  const place = await makeVault(t, new MemoryBackend());
  const vault = await place.open();
  const made = await Promise.all([vault.ensureUser('ana'), vault.ensureUser('ana')]);
  t.ok(equalBytes(made[0].record.uid, made[1].record.uid));
  t.equal(made.filter(({ created }) => created).length, 1);
  await vault.close();
});

t.test('two users do not share chunk ids, keys or cut points', async (t) => {
  const place = await makeVault(t, new MemoryBackend());
  const vault = await place.open();
  const [ana, bob] = [await openUser(vault, 'ana'), await openUser(vault, 'bob')];
  for (const key of ['packKey', 'chunkerSecret', 'uid'] as const)
    t.notOk(equalBytes(ana.secrets[key], bob.secrets[key]));
  for (const key of ['data', 'node', 'list'] as const) {
    t.notOk(equalBytes(ana.secrets.idKeys[key], bob.secrets.idKeys[key]));
  }
  t.same(ana.chunker.small, { algorithm: 'sgear', minBytes: 16384, normalBytes: 65536, maxBytes: 262144 });
  t.throws(() => ana.keys.packKey(9, 9, 'an object'), { code: 'DATA_CORRUPT', message: /an object/ });
  await vault.close();
});

const source = (path: string) => ({ kind: 'path' as const, path: Buffer.from(path), atSessionEnd: false });

t.test('changeUser() replaces what a record says, and leaves one version of it', async (t) => {
  const memory = new MemoryBackend();
  const place = await makeVault(t, memory);
  const vault = await place.open();
  t.teardown(() => vault.close());
  const { record } = await vault.ensureUser('ana', { sources: [source('/srv/ana')], exclude: ['*.tmp'] });
  t.match(record, { sources: [source('/srv/ana')], exclude: ['*.tmp'] });
  t.match((await vault.ensureUser('ana', { exclude: ['other'] })).record, { exclude: ['*.tmp'] }, 'of a new user only');
  await vault.changeUser('ana', ({ sources }) => ({ sources: [...sources, source('/home/ana')] }));
  await vault.changeUser('ana', () => ({ exclude: [] }));
  const expected = { ...record, version: 3, sources: [source('/srv/ana'), source('/home/ana')], exclude: [] };
  t.same(await vault.findUser('ana'), expected);
  t.same((await vault.users()).records, [expected]);
  t.match(await names(memory, 'registry/'), [/-000003$/]);
  await t.rejects(
    vault.changeUser('bob', () => ({})),
    { code: 'UNKNOWN_USER' },
  );
});

t.test('changeUser() called twice at once does both', async (t) => {
  const place = await makeVault(t, new MemoryBackend());
  const vault = await place.open();
  t.teardown(() => vault.close());
  await vault.ensureUser('ana');
  const add = (pattern: string) => vault.changeUser('ana', ({ exclude }) => ({ exclude: [...exclude, pattern] }));
  await Promise.all(['a', 'b', 'c'].map(add));
  t.same((await vault.findUser('ana')).exclude, ['a', 'b', 'c']);
});

t.test('a change that is cut short leaves the old or the new record, and the next one tidies up', async (t) => {
  for (const [verb, effect, now] of [
    ['put', 'io', 'old'],
    ['put', 'unknown', 'new'],
    ['remove', 'io', 'new'],
  ] as const) {
    const memory = new MemoryBackend();
    const place = await makeVault(t, memory);
    const name = (object: string) => object.startsWith('registry/');
    const rules: FaultRule[] = [{ verb, name, nth: verb === 'put' ? 2 : 1, effect }];
    const vault = await place.open({ backend: withFaults(memory, scriptedFaults(rules)) });
    t.teardown(() => vault.close());
    await vault.ensureUser('ana', { exclude: ['old'] });
    await t.rejects(vault.changeUser('ana', () => ({ exclude: ['new'] })));
    t.same((await vault.findUser('ana')).exclude, [now], `${verb} ${effect}`);
    t.equal((await names(memory, 'registry/')).length, now === 'old' ? 1 : 2);
    await vault.changeUser('ana', () => ({ exclude: ['last'] }));
    t.same((await vault.findUser('ana')).exclude, ['last']);
    t.equal((await names(memory, 'registry/')).length, 1);
  }
});

t.test('a record that is replaced while it is looked for is found all the same', async (t) => {
  const memory = new MemoryBackend();
  const place = await makeVault(t, memory);
  const writer = await place.open();
  t.teardown(() => writer.close());
  await writer.ensureUser('ana');
  let replaced = 0;
  const list: Backend['list'] = async function* (prefix, options) {
    const listed: ObjectEntry[] = [];
    for await (const entry of memory.list(prefix, options)) listed.push(entry);
    if (/^(copies\/)?registry\//.test(prefix) && replaced < 2) {
      replaced++;
      await writer.changeUser('ana', () => ({ exclude: [`${replaced}`] }));
    }
    yield* listed;
  };
  const backend = new Proxy<Backend>(memory, {
    get(target, key) {
      if (key === 'list') return list;
      const member: unknown = Reflect.get(target, key, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  const reader = await place.open({ backend, readOnly: true });
  t.teardown(() => reader.close());
  t.match((await reader.users()).records, [{ name: 'ana', exclude: ['2'] }]);
  replaced = 0;
  t.match(await reader.findUser('ana'), { exclude: ['2'] });
});

t.test('rebuilding waits for those who have the user open, and those who come meanwhile wait for it', async (t) => {
  const place = await makeVault(t);
  const vault = await place.open();
  t.teardown(() => vault.close());
  const reader = await openUser(vault);
  const order: string[] = [];
  const rebuilding = vault.openUser('ana', { rebuild: true }).then((repository) => {
    order.push('rebuilt');
    return repository;
  });
  const stop = new AbortController();
  const given = vault.openUser('ana', { rebuild: true, signal: stop.signal });
  const givenUp = t.rejects(given, { code: 'CANCELLED' });
  stop.abort();
  await givenUp;
  order.push('closed');
  reader.close();
  const repository = await rebuilding;
  t.same(order, ['closed', 'rebuilt']);
  t.ok(repository.rebuilt);
  repository.close();
});

t.test('who goes while a user is being opened leaves the opening to those who wait for it', async (t) => {
  const place = await makeVault(t);
  const first = await place.open();
  const filled = await openUser(first);
  await storeSnapshot(filled, 'a');
  filled.close();
  await first.close();
  await rm(join(place.path, 'index'), { recursive: true });
  const vault = await place.open();
  t.teardown(() => vault.close());
  const stop = new AbortController();
  const last = new AbortController();
  // In the middle of the rebuild, which the first one began.
  const progress = () => stop.abort();
  const begun = vault.openUser('ana', { progress, signal: stop.signal });
  const joined = vault.openUser('ana', { signal: last.signal });
  await t.rejects(begun, { code: 'CANCELLED' });
  const repository = await joined;
  t.equal((await repository.snapshots.list()).length, 1);
  repository.close();

  const given = new AbortController();
  const alone = vault.openUser('ana', { rebuild: true, progress: () => given.abort(), signal: given.signal });
  await t.rejects(alone, { code: 'CANCELLED' });
  const again = await vault.openUser('ana');
  t.ok(again.index.mark.complete, 'an opening that was given up is not joined');
  again.close();
});

t.test('eachUser() reads no more records than it is asked for, and each user’s once', async (t) => {
  const memory = new MemoryBackend();
  const place = await makeVault(t, memory);
  const writer = await place.open();
  const made = Array.from({ length: 20 }, (_, number) => `user-${number}`);
  for (const name of made) await writer.ensureUser(name);
  await writer.changeUser('user-3', () => ({ exclude: ['new'] }));
  await writer.close();
  // Of one object only the copy is left, one is damaged in both places.
  const [lost, broken] = await names(memory, 'registry/');
  await memory.remover().remove(lost!);
  await flip(memory, broken!);
  await flip(memory, `copies/${broken}`);
  const reads: string[] = [];
  const backend = new Proxy<Backend>(memory, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key, target);
      if (typeof member !== 'function') return member;
      if (key !== 'get') return member.bind(target);
      return (name: string) => {
        reads.push(name);
        return memory.get(name);
      };
    },
  });
  const reader = await place.open({ backend, readOnly: true });
  t.teardown(() => reader.close());
  const records = () => reads.filter((name) => name.startsWith('registry/')).length;
  for await (const _ of reader.eachUser()) if (records() === 3) break;
  t.equal(records(), 3);
  const found = [];
  for await (const record of reader.eachUser()) found.push(record);
  t.equal(found.length, made.length);
  const errors = found.filter((one) => one instanceof Error);
  t.match(errors, [{ code: 'DATA_CORRUPT', details: { object: broken } }]);
  const seen = new Map(found.flatMap((one) => (one instanceof Error ? [] : [[one.name, one.exclude]])));
  t.equal(seen.size, made.length - 1);
  if (seen.has('user-3')) t.same(seen.get('user-3'), ['new']);
  const { records: listed, damaged, total } = await reader.users();
  t.same(
    listed.map(({ name }) => name),
    [...seen.keys()].sort(),
  );
  t.same([damaged.length, total], [1, made.length]);
});
