import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { encode } from '@msgpack/msgpack';
import t, { type Test } from 'tap';
import { type Clock, equalBytes, fromHex, systemRandom, toHex } from '../../src/base/index.js';
import { sealSimple, sha256 } from '../../src/crypto/index.js';
import { encodeLogEntry, type LogEntry, type LogRecord, logName, logPrefix, uidOf } from '../../src/format/index.js';
import { createUuid, formatUuid, type NamedEntry } from '../../src/snapshot/index.js';
import { type FaultRule, MemoryBackend, scriptedFaults, withFaults, withRecord } from '../../src/storage/index.js';
import type { UserRepository, Vault } from '../../src/vault/index.js';
import { makeManifest, makeVault, openUser, type Place, steppingClock, storeSnapshot } from '../vault/fixture.js';

interface Opened {
  readonly memory: MemoryBackend;
  readonly place: Place;
  readonly vault: Vault;
  readonly user: UserRepository;
}

async function opened(t: Test, rules: readonly FaultRule[] = []): Promise<Opened> {
  const memory = new MemoryBackend();
  const place = await makeVault(t, memory);
  const vault = await place.open({ backend: withFaults(memory, scriptedFaults(rules)) });
  t.teardown(() => vault.close());
  return { memory, place, vault, user: await openUser(vault) };
}

const FORGET_NOTHING: LogRecord = { kind: 'forget', body: { backupIds: [] } };

async function logNames(memory: MemoryBackend, user: UserRepository): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of memory.list(logPrefix(uidOf(user.uid)))) names.push(name);
  return names;
}

async function all(user: UserRepository): Promise<NamedEntry[]> {
  const entries: NamedEntry[] = [];
  for await (const entry of user.log.newestFirst()) entries.push(entry);
  return entries;
}

/** Puts an entry past the log, as another writer of the same vault would. */
async function put(memory: MemoryBackend, user: UserRepository, entry: LogEntry): Promise<NamedEntry> {
  const { vaultId, uid, generation, epoch } = user.keys;
  const context = { format: 0, type: 2, generation, epoch, vaultId, uid };
  const bytes = sealSimple(user.keys.logKey(generation, epoch, ''), context, encodeLogEntry(entry), systemRandom);
  const name = { seq: entry.seq, hash: sha256(bytes) };
  await memory.put(logName(uidOf(uid), name.seq, name.hash), { bytes });
  return { name, entry };
}

/** Opens the vault again, its index lost. */
async function afresh(t: Test, place: Place, vault: Vault): Promise<Vault> {
  await vault.close();
  await rm(join(place.path, 'index'), { recursive: true });
  const again = await place.open();
  t.teardown(() => again.close());
  return again;
}

t.test('append() chains entries, each later than the one before', async (t) => {
  const { memory, user } = await opened(t);
  const made: NamedEntry[] = [];
  for (let i = 0; i < 3; i++) made.push(await user.log.append({ kind: 'manifest', body: makeManifest([]) }));
  t.same(
    made.map(({ entry }) => entry.seq),
    [1, 2, 3],
  );
  t.same(made[0]!.entry.prev, []);
  for (const i of [1, 2]) {
    t.ok(equalBytes(made[i]!.entry.prev[0]!, made[i - 1]!.name.hash));
    t.ok(made[i]!.entry.time > made[i - 1]!.entry.time);
  }
  t.same(
    (await all(user)).map(({ entry }) => entry.seq),
    [3, 2, 1],
  );
  for (const [i, name] of (await logNames(memory, user)).entries()) {
    t.equal(name, logName(uidOf(user.uid), i + 1, sha256(await memory.get(name))));
  }
});

t.test('a clock that goes back does not', async (t) => {
  let now = 5_000_000;
  const clock: Clock = { now: () => now, monotonic: () => 0 };
  const place = await makeVault(t, new MemoryBackend());
  const vault = await place.open({ clock });
  const user = await openUser(vault);
  const first = await user.log.append(FORGET_NOTHING);
  now = 1000;
  const second = await user.log.append(FORGET_NOTHING);
  t.equal(first.entry.time, 5_000_000);
  t.equal(second.entry.time, 5_000_001);
  await vault.close();
});

t.test('appends that overlap are chained all the same', async (t) => {
  const { user } = await opened(t);
  const made = await Promise.all(Array.from({ length: 20 }, () => user.log.append(FORGET_NOTHING)));
  t.same(
    made.map(({ entry }) => entry.seq),
    made.map((_, i) => i + 1),
  );
});

t.test('an entry whose put was answered by nothing is there once', async (t) => {
  const { memory, user, vault, place } = await opened(t, [
    { verb: 'put', nth: 2, name: (name) => name.includes('/log/'), effect: 'unknown' },
    { verb: 'put', nth: 4, name: (name) => name.includes('/log/'), effect: 'io' },
  ]);
  for (let i = 0; i < 3; i++) await user.log.append(FORGET_NOTHING);
  t.equal((await logNames(memory, user)).length, 3);
  await vault.close();
  const again = await place.open();
  const reopened = await again.openUser('ana');
  t.equal(reopened.rebuilt, undefined);
  t.equal((await all(reopened)).length, 3);
  await again.close();
});

t.test('an entry that cannot be put is not there, and the next one takes its place', async (t) => {
  const { memory, user } = await opened(t, [
    { verb: 'put', nth: 1, name: (name) => name.includes('/log/'), effect: 'no-space' },
  ]);
  await t.rejects(user.log.append(FORGET_NOTHING), { code: 'NO_SPACE' });
  t.same(await all(user), []);
  t.equal((await user.log.append(FORGET_NOTHING)).entry.seq, 1);
  t.equal((await logNames(memory, user)).length, 1);
});

t.test('an entry that was put though nobody said so becomes a branch, and is merged', async (t) => {
  const { memory, user, vault, place } = await opened(t, [
    { verb: 'put', nth: 2, name: (name) => name.includes('/log/'), effect: 'unknown' },
    { verb: 'put', nth: 3, name: (name) => name.includes('/log/'), effect: 'io' },
  ]);
  await storeSnapshot(user, 'a');
  await t.rejects(storeSnapshot(user, 'b'), { code: 'BACKEND_FAILED' });
  await storeSnapshot(user, 'c');
  await vault.close();
  const again = await place.open();
  const reopened = await again.openUser('ana');
  t.equal((await reopened.snapshots.list()).length, 3);
  const next = await reopened.log.append(FORGET_NOTHING);
  t.equal(next.entry.seq, 4);
  const merge = (await all(reopened)).find(({ entry }) => entry.kind === 'merge')!;
  t.equal(merge.entry.seq, 3);
  t.equal(merge.entry.prev.length, 2);
  t.ok(equalBytes(next.entry.prev[0]!, merge.name.hash));
  t.equal(next.entry.prev.length, 1);
  t.equal((await logNames(memory, reopened)).length, 5);
  await again.close();
});

t.test('catching up reads only what is newer', async (t) => {
  const memory = withRecord(new MemoryBackend());
  const place = await makeVault(t, memory);
  const vault = await place.open();
  const user = await openUser(vault);
  const last = await user.log.append(FORGET_NOTHING);
  const entry: LogEntry = { seq: 2, fence: 0, prev: [last.name.hash], time: last.entry.time + 1, ...FORGET_NOTHING };
  const other = await put(memory as unknown as MemoryBackend, user, entry);
  user.close();
  memory.calls.length = 0;
  const again = await vault.openUser('ana');
  t.equal(again.rebuilt, undefined);
  t.same(
    memory.calls.filter(({ verb, name }) => verb === 'get' && name.includes('/log/')).map(({ name }) => name),
    [logName(uidOf(user.uid), 2, other.name.hash)],
  );
  t.equal((await again.log.append(FORGET_NOTHING)).entry.seq, 3);
  await vault.close();
});

t.test('a missing, damaged, moved or foreign entry is told by name and keeps nobody from the others', async (t) => {
  const { memory, user, vault: before, place } = await opened(t);
  const [a, b] = [await user.log.append(FORGET_NOTHING), await user.log.append(FORGET_NOTHING)];
  const [first, second] = (await logNames(memory, user)) as [string, string];
  user.close();
  const bytes = await memory.get(first);
  let vault = before;
  const told = async (code: string, name: string, left = 1) => {
    // Without its copy of the entry: with it, the log would be put right.
    vault = await afresh(t, place, vault);
    for (let i = 0; i < 2; i++) {
      const reopened = await vault.openUser('ana');
      t.same(
        reopened.logProblems.map((problem) => [problem.code, problem.details.object]),
        [[code, name]],
      );
      t.equal((await all(reopened)).length, left);
      reopened.close();
    }
  };
  await memory.remover().remove(first);
  await told('OBJECT_MISSING', toHex(a.name.hash));
  for (const at of [0, 9, 20, 50, 90, bytes.length - 1]) {
    const changed = Uint8Array.from(bytes);
    changed[at]! ^= 4;
    await memory.put(first, { bytes: changed });
    await told('DATA_CORRUPT', first);
    await memory.remover().remove(first);
  }
  await memory.put(first, { bytes: await memory.get(second) });
  await told('DATA_CORRUPT', first);
  await memory.remover().remove(first);
  await memory.put(first, { bytes });
  const renumbered = logName(uidOf(user.uid), 3, b.name.hash);
  await memory.put(renumbered, { bytes: await memory.get(second) });
  await told('DATA_CORRUPT', renumbered, 2);
  await memory.remover().remove(renumbered);
  vault = await afresh(t, place, vault);
  const whole = await vault.openUser('ana');
  t.same(whole.logProblems, []);
  t.equal((await all(whole)).length, 2);
  await memory.put(`${logPrefix(uidOf(user.uid))}junk`, { bytes: new Uint8Array(1) });
  whole.close();
  t.equal((await all(await vault.openUser('ana'))).length, 2, 'what is not named as an entry is none');
});

t.test('a log of which a key is gone is not gone on with', async (t) => {
  const { memory, place, vault, user } = await opened(t);
  const first = await user.log.append(FORGET_NOTHING);
  const { vaultId, uid, generation, epoch } = user.keys;
  const later = { format: 0, type: 2, generation, epoch: epoch + 1, vaultId, uid };
  const entry: LogEntry = { seq: 2, fence: 0, prev: [first.name.hash], time: first.entry.time + 1, ...FORGET_NOTHING };
  const bytes = sealSimple(user.keys.logKey(generation, epoch, ''), later, encodeLogEntry(entry), systemRandom);
  await memory.put(logName(uidOf(uid), 2, sha256(bytes)), { bytes });
  user.close();
  await t.rejects(vault.openUser('ana'), { code: 'DATA_CORRUPT', details: { reason: 'key' } });
  const again = await afresh(t, place, vault);
  await t.rejects(again.openUser('ana'), { code: 'DATA_CORRUPT', details: { reason: 'key' } });
});

t.test('the log goes on past damage, and takes what comes back', async (t) => {
  // Without the one between, the first one seems to be a branch, and is merged; the last one, come back, is a branch.
  for (const [gone, left, restored, then] of [
    [0, 3, 4, 5],
    [1, 4, 5, 6],
    [2, 3, 4, 6],
  ] as const) {
    const { memory, user, vault: before, place } = await opened(t);
    for (let i = 0; i < 3; i++) await user.log.append(FORGET_NOTHING);
    const name = (await logNames(memory, user))[gone]!;
    user.close();
    const bytes = await memory.get(name);
    await memory.remover().remove(name);
    await memory.put(name, { bytes: bytes.map((byte, i) => (i === 200 ? byte ^ 1 : byte)) });
    const vault = await afresh(t, place, before);
    const degraded = await vault.openUser('ana');
    t.equal(degraded.logProblems.length, 1);
    await degraded.log.append(FORGET_NOTHING);
    t.equal((await all(degraded)).length, left);
    degraded.close();
    const told = await vault.openUser('ana');
    t.equal(told.logProblems.length, 1, 'it is told each time');
    told.close();
    await memory.remover().remove(name);
    await memory.put(name, { bytes });
    const again = await vault.openUser('ana');
    t.same(again.logProblems, []);
    t.equal((await all(again)).length, restored);
    await again.log.append(FORGET_NOTHING);
    t.equal((await all(again)).length, then);
  }
});

t.test('entries that the vault needs and only the index has are put back', async (t) => {
  for (const rebuild of [false, true]) {
    const { memory, user, vault } = await opened(t);
    for (let i = 0; i < 4; i++) await user.log.append(FORGET_NOTHING);
    const names = await logNames(memory, user);
    user.close();
    const bytes = await memory.get(names[0]!);
    // Two that follow each other: of the second one's predecessor only the index knows.
    for (const name of names.slice(0, 2)) await memory.remover().remove(name);
    const again = await vault.openUser('ana', { rebuild });
    t.same(again.logProblems, []);
    t.equal((await all(again)).length, 4);
    t.same(await logNames(memory, user), names);
    t.ok(equalBytes(await memory.get(names[0]!), bytes));
    await vault.close();
  }
});

t.test('entries at the end of the log that only the index has are put back, though nothing names them', async (t) => {
  const { memory, user, vault } = await opened(t);
  for (let i = 0; i < 3; i++) await user.log.append(FORGET_NOTHING);
  const names = await logNames(memory, user);
  user.close();
  for (const name of names.slice(1)) await memory.remover().remove(name);
  const again = await vault.openUser('ana');
  t.equal((await all(again)).length, 3);
  t.same(await logNames(memory, user), names);
  await vault.close();
});

t.test('an entry that is damaged is put right from the index when that is rebuilt', async (t) => {
  const { memory, user, vault } = await opened(t);
  for (let i = 0; i < 2; i++) await user.log.append(FORGET_NOTHING);
  const [name] = (await logNames(memory, user)) as [string];
  user.close();
  const bytes = await memory.get(name);
  await memory.remover().remove(name);
  await memory.put(name, { bytes: bytes.slice(0, 100) });
  const again = await vault.openUser('ana', { rebuild: true });
  t.same(again.logProblems, []);
  t.ok(equalBytes(await memory.get(name), bytes));
  await vault.close();
});

t.test('an entry that follows nothing known is entered, and what it names is told as missing', async (t) => {
  const { memory, user, vault } = await opened(t);
  await user.log.append(FORGET_NOTHING);
  user.close();
  const unknown = sha256(Buffer.from('unknown'));
  await put(memory, user, { seq: 2, fence: 0, prev: [unknown], time: 9e12, ...FORGET_NOTHING });
  for (let i = 0; i < 2; i++) {
    const again = await vault.openUser('ana');
    t.equal((await all(again)).length, 2);
    t.match(again.logProblems, [{ code: 'OBJECT_MISSING', message: new RegExp(toHex(unknown)) }]);
    again.close();
  }
});

t.test('a branch from further back is found and merged', async (t) => {
  const { memory, user, vault } = await opened(t);
  const a = await user.log.append(FORGET_NOTHING);
  await user.log.append(FORGET_NOTHING);
  user.close();
  await put(memory, user, { seq: 2, fence: 0, prev: [a.name.hash], time: a.entry.time + 1, ...FORGET_NOTHING });
  const again = await vault.openUser('ana');
  t.equal(again.rebuilt, undefined);
  t.equal((await again.log.append(FORGET_NOTHING)).entry.seq, 4);
  t.same(
    (await all(again)).map(({ entry }) => `${entry.seq} ${entry.kind}`),
    ['4 forget', '3 merge', '2 forget', '2 forget', '1 forget'],
  );
});

t.test('a checkpoint mutes what it stands for, when caught up with and after a rebuild', async (t) => {
  const { memory, user, vault } = await opened(t);
  const [a, b, c] = [await storeSnapshot(user, 'a'), await storeSnapshot(user, 'b'), await storeSnapshot(user, 'c')];
  user.close();
  const said = { covered: [], packs: [], added: [], snapshots: [], quarantine: [] };
  const body = { heads: [c.entry.name.hash], through: 3, entries: [b.entry.name.hash], ...said };
  const time = c.entry.entry.time + 1;
  const check = await put(memory, user, { seq: 4, fence: 0, prev: body.heads, time, kind: 'checkpoint', body });
  const ids = async (repository: UserRepository) => (await repository.snapshots.list()).map(({ entry }) => entry.seq);
  const caught = await vault.openUser('ana');
  t.equal(caught.rebuilt, undefined);
  t.same(await ids(caught), [2]);
  caught.close();
  const rebuilt = await vault.openUser('ana', { rebuild: true });
  t.same(await ids(rebuilt), [2]);
  const d = await storeSnapshot(rebuilt, 'd');
  t.ok(equalBytes(d.entry.entry.prev[0]!, check.name.hash));
  rebuilt.close();
  for (const gone of [a, c])
    await memory.remover().remove(logName(uidOf(user.uid), gone.entry.name.seq, gone.entry.name.hash));
  const after = await vault.openUser('ana');
  t.equal(after.rebuilt, undefined, 'what a checkpoint stands for may go from the vault without a rebuild');
  t.same(await ids(after), [5, 2]);
  t.equal(after.index.mark.entries, 3);
  after.close();
  await memory.remover().remove(logName(uidOf(user.uid), 2, b.entry.name.hash));
  // It still says something: the index's copy goes back.
  t.same((await vault.openUser('ana')).logProblems, []);
  t.ok(await memory.stat(logName(uidOf(user.uid), 2, b.entry.name.hash)));
  await vault.close();
});

t.test('snapshots are listed newest first, filtered, and found by the beginning of their ids', async (t) => {
  const { user } = await opened(t);
  const uuid = (hex: string) => Uint8Array.from(Buffer.from(hex.padEnd(32, '0'), 'hex'));
  const one = await storeSnapshot(user, '1', { backupId: uuid('aaaaaaaa1'), session: 's1', kind: 'session_end' });
  const two = await storeSnapshot(user, '2', { backupId: uuid('aaaaaaaa2'), kind: 'periodic' });
  const three = await storeSnapshot(user, '3', { backupId: uuid('bbbbbbbb3'), session: 's1' });
  const list = async (filter = {}) => (await user.snapshots.list(filter)).map(({ entry }) => entry.seq);
  t.same(await list(), [3, 2, 1]);
  t.same(await list({ session: 's1' }), [3, 1]);
  t.same(await list({ kind: 'periodic' }), [2]);
  t.same(await list({ since: two.entry.entry.time }), [3, 2]);
  t.same(await list({ until: two.entry.entry.time }), [2, 1]);
  t.same(await list({ since: two.entry.entry.time, until: two.entry.entry.time, session: 's1' }), []);
  const id = formatUuid(uuid('bbbbbbbb3'));
  t.equal(id, 'bbbbbbbb-3000-0000-0000-000000000000');
  for (const text of [id, 'bbbbbbbb', 'BBBBBBBB-30', 'bbbbbbbb3']) t.equal((await user.snapshots.find(text)).id, id);
  await t.rejects(user.snapshots.find('aaaaaaaa'), {
    code: 'UNKNOWN_SNAPSHOT',
    message: /2 snapshots begin.*more digits/,
  });
  await t.rejects(user.snapshots.find('cccccccc'), { code: 'UNKNOWN_SNAPSHOT', message: /bitacora list/ });
  for (const bad of ['bbbbbbb', '', 'xyzxyzxyz', `${id}0`])
    await t.rejects(user.snapshots.find(bad), { code: 'USAGE' }, bad);

  await user.log.append({ kind: 'forget', body: { backupIds: [uuid('aaaaaaaa2'), uuid('bbbbbbbb3')] } });
  t.same(await list(), [1]);
  t.equal((await user.snapshots.find('aaaaaaaa')).entry.seq, one.entry.name.seq);
  await t.rejects(user.snapshots.find(id), { code: 'UNKNOWN_SNAPSHOT', message: /forgotten/ });
  await user.log.append({ kind: 'unforget', body: { backupIds: [uuid('bbbbbbbb3')] } });
  t.same(await list(), [3, 1]);
  t.equal((await user.snapshots.find(id)).time, three.entry.entry.time);
});

t.test('all() says of each snapshot whether it is forgotten, taken back, pinned', async (t) => {
  const { user } = await opened(t);
  const id = (digit: string) => fromHex(digit.repeat(32));
  for (const digit of ['1', '2', '3', '4']) await storeSnapshot(user, digit, { backupId: id(digit) });
  const say = (kind: 'forget' | 'unforget' | 'pin' | 'unpin', ...digits: string[]) =>
    user.log.append({ kind, body: { backupIds: digits.map(id) } });
  await say('pin', '1', '2', '9');
  const { entry } = await say('forget', '3', '4');
  await say('unpin', '2');
  await say('unforget', '4');
  const marks = new Map<string, object>();
  for await (const { snapshot, ...rest } of user.snapshots.all()) marks.set(snapshot.id[0]!, rest);
  const none = {
    forgotten: false,
    forgottenAt: undefined,
    forgottenIn: undefined,
    givenUp: false,
    takenBack: false,
    pinned: false,
  };
  t.same(marks.get('1'), { ...none, pinned: true });
  t.same(marks.get('2'), none);
  t.same(marks.get('3'), { ...none, forgotten: true, forgottenAt: entry.time, forgottenIn: entry.seq });
  t.same(marks.get('4'), { ...none, takenBack: true });
  t.equal((await user.snapshots.findListed('33333333')).forgotten, true);
  await t.rejects(user.snapshots.findListed('55555555'), { code: 'UNKNOWN_SNAPSHOT' });
  // A snapshot that is written again behind its forget, as another writer's branch may have it, is not forgotten.
  await storeSnapshot(user, 'again', { backupId: id('3') });
  t.equal((await user.snapshots.list()).filter((one) => one.id.startsWith('3333')).length, 1);
});

t.test('an entry of a kind that is not known is of a newer program', async (t) => {
  const { memory, user, vault } = await opened(t);
  const last = await user.log.append(FORGET_NOTHING);
  const record = { seq: 2, fence: 0, prev: [last.name.hash], time: 9e12, kind: 'lease', body: {} };
  const { vaultId, uid, generation, epoch } = user.keys;
  const context = { format: 0, type: 2, generation, epoch, vaultId, uid };
  const body = encode(record, { sortKeys: true });
  const bytes = sealSimple(user.keys.logKey(generation, epoch, ''), context, body, systemRandom);
  const name = logName(uidOf(uid), 2, sha256(bytes));
  await memory.put(name, { bytes });
  user.close();
  await t.rejects(vault.openUser('ana'), { code: 'FORMAT_NEWER', message: new RegExp(name) });
  await t.rejects(vault.openUser('ana', { rebuild: true }), { code: 'FORMAT_NEWER' });
});

t.test('identifiers of snapshots carry the time and are never the same', async (t) => {
  const clock = steppingClock(0x018f_0000_0000);
  const uuids = Array.from({ length: 100 }, () => createUuid(clock, systemRandom));
  for (const uuid of uuids) {
    t.match(formatUuid(uuid), /^018f0[0-9a-f]{3}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
  t.equal(new Set(uuids.map(toHex)).size, 100);
  t.same(uuids.map(toHex), uuids.map(toHex).sort());
});

t.test('what a tombstone gives up nothing brings back', async (t) => {
  const { user } = await opened(t);
  const { id } = await storeSnapshot(user, 'a').then(async () => (await user.snapshots.list())[0]!);
  const backupIds = [(await user.snapshots.find(id)).manifest.backupId];
  await user.log.append({ kind: 'forget', body: { backupIds } });
  await user.log.append({ kind: 'tombstone', body: { packs: [], added: [], snapshots: backupIds } });
  await user.log.append({ kind: 'unforget', body: { backupIds } });
  const { givenUp, forgotten, takenBack } = await user.snapshots.findListed(id);
  t.same({ givenUp, forgotten, takenBack }, { givenUp: true, forgotten: true, takenBack: false });
  t.same(await user.snapshots.list(), []);
});

t.test('appendAfter() decides when its turn has come, and nobody comes between', async (t) => {
  const { user } = await opened(t);
  const first = user.log.append(FORGET_NOTHING);
  const seen: number[] = [];
  const second = user.log.appendAfter(async () => {
    seen.push((await all(user)).length);
    await new Promise((resolve) => setImmediate(resolve));
    seen.push((await all(user)).length);
    return undefined;
  });
  const third = user.log.append(FORGET_NOTHING);
  t.equal((await first).entry.seq, 1);
  t.equal(await second, undefined);
  t.equal((await third).entry.seq, 2);
  t.same(seen, [1, 1]);
});
