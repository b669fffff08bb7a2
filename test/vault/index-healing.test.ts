import { cp, open, readdir, rename, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { toHex } from '../../src/base/index.js';
import { loadCodecs } from '../../src/codec/index.js';
import { packName, uidOf } from '../../src/format/index.js';
import { MemoryBackend, withRecord } from '../../src/storage/index.js';
import type { UserRepository, Vault } from '../../src/vault/index.js';
import { makeVault, memoryLogger, openUser, type Place, places, storePack, storeSnapshot } from './fixture.js';

interface Expected {
  readonly ids: Uint8Array;
  readonly places: (string | undefined)[];
  readonly snapshots: string[];
}

/** Three snapshots, and what must be found again. */
async function fill(place: Place, labels = ['a', 'b', 'c']): Promise<Expected> {
  const vault = await place.open();
  const user = await openUser(vault);
  const ids: Uint8Array[] = [];
  for (const label of labels) ids.push((await storeSnapshot(user, label)).pack.ids);
  const expected = await state(user, Buffer.concat(ids));
  await vault.close();
  return expected;
}

async function state(user: UserRepository, ids: Uint8Array): Promise<Expected> {
  const snapshots = (await user.snapshots.list()).map(({ id }) => id);
  return { ids, places: await places(user, ids), snapshots };
}

async function heals(t: Test, vault: Vault, expected: Expected, rebuilt: boolean): Promise<void> {
  const user = await vault.openUser('ana');
  t.same(await state(user, expected.ids), expected);
  t.equal(user.rebuilt !== undefined, rebuilt, rebuilt ? 'it was rebuilt' : 'it was not rebuilt');
  t.same(user.rebuilt?.problems ?? [], []);
  await vault.close();
}

t.test('an index that is up to date costs one listing of the log and no read', async (t) => {
  const memory = withRecord(new MemoryBackend());
  const place = await makeVault(t, memory);
  await fill(place);
  const vault = await place.open();
  const record = await vault.findUser('ana');
  await vault.openUser('ana');
  memory.calls.length = 0;
  await vault.close();
  const again = await place.open();
  memory.calls.length = 0;
  const user = await again.openUser('ana');
  const log = `users/${uidOf(record.uid)}/log/`;
  const lists = memory.calls.filter(({ verb, name }) => verb === 'list' && name.includes('/log/'));
  t.same(
    lists.map(({ name }) => name),
    [log],
  );
  t.same(
    memory.calls.filter(({ verb, name }) => verb !== 'list' && /\/(log|packs)\//.test(name)),
    [],
  );
  t.equal((await user.snapshots.list()).length, 3);
  await again.close();
});

t.test('a deleted index is rebuilt', async (t) => {
  const place = await makeVault(t);
  const expected = await fill(place);
  await rm(join(place.path, 'index'), { recursive: true });
  const logger = memoryLogger();
  await heals(t, await place.open({ logger }), expected, true);
  t.ok(logger.lines.some((line) => /Rebuilt the index of user "ana"/.test(line)));
});

t.test('a stale index catches up without a rebuild', async (t) => {
  const place = await makeVault(t);
  await fill(place, ['a']);
  await cp(join(place.path, 'index'), join(place.root, 'aside'), { recursive: true });
  const vault = await place.open();
  const user = await vault.openUser('ana');
  const ids = [(await storeSnapshot(user, 'b')).pack.ids, (await storeSnapshot(user, 'c')).pack.ids];
  const expected = await state(user, Buffer.concat(ids));
  await vault.close();
  await rm(join(place.path, 'index'), { recursive: true });
  await rename(join(place.root, 'aside'), join(place.path, 'index'));
  await heals(t, await place.open(), expected, false);
  await heals(t, await place.open(), expected, false);
});

t.test('an index that is newer than the vault is rebuilt', async (t) => {
  const place = await makeVault(t);
  const expected = await fill(place, ['a', 'b']);
  const older = await place.copy('older');
  const vault = await place.open();
  const user = await vault.openUser('ana');
  const { pack } = await storeSnapshot(user, 'later');
  await vault.close();
  await rm(join(older, 'index'), { recursive: true });
  await rename(join(place.path, 'index'), join(older, 'index'));
  const logger = memoryLogger();
  const restored = await place.open({ path: older, logger });
  const again = await restored.openUser('ana');
  t.ok(again.rebuilt);
  t.ok(logger.lines.some((line) => line.startsWith('warn: The vault lacks log entries')));
  t.same(await state(again, expected.ids), expected);
  t.same(await places(again, pack.ids), [undefined, undefined, undefined], 'nothing is known of what is not there');
  await restored.close();
});

t.test('packs without a snapshot that the vault does not have are forgotten', async (t) => {
  const place = await makeVault(t);
  const expected = await fill(place, ['a']);
  const older = await place.copy('older');
  const vault = await place.open();
  const user = await vault.openUser('ana');
  const lost = await storePack(user, 'cut short');
  t.same(user.index.loosePacks().map(toHex), [toHex(lost.name)]);
  await vault.close();
  await rm(join(older, 'index'), { recursive: true });
  await rename(join(place.path, 'index'), join(older, 'index'));
  const restored = await place.open({ path: older });
  const again = await restored.openUser('ana');
  t.equal(again.rebuilt, undefined);
  t.same(again.index.loosePacks(), []);
  t.same(await places(again, lost.ids), [undefined, undefined, undefined]);
  t.same(await state(again, expected.ids), expected);
  await restored.close();
});

t.test('another vault’s index is thrown away', async (t) => {
  const place = await makeVault(t);
  const expected = await fill(place);
  const other = await makeVault(t);
  await fill(other, ['x']);
  await rm(join(place.path, 'index'), { recursive: true });
  await rename(join(other.path, 'index'), join(place.path, 'index'));
  const logger = memoryLogger();
  await heals(t, await place.open({ logger }), expected, true);
  t.ok(logger.lines.some((line) => line.startsWith('warn: The index is damaged')));
});

t.test('truncated, overwritten and missing files of the index heal by themselves', async (t) => {
  const place = await makeVault(t);
  const expected = await fill(place);
  await (await place.open()).close(); // Moves the log into a table.
  const files = await readdir(join(place.path, 'index'));
  t.ok(files.some((name) => name.endsWith('.ldb')));
  for (const name of files) {
    for (const [what, damage] of DAMAGES) {
      await t.test(`${what} ${name.replace(/[0-9]+/, 'N')}`, async (t) => {
        const path = await place.copy(`${what}-${name}`);
        await damage(join(path, 'index', name));
        const vault = await place.open({ path });
        const user = await vault.openUser('ana');
        t.same(await state(user, expected.ids), expected);
        await vault.close();
        await rm(path, { recursive: true });
      });
    }
  }
});

const DAMAGES: [string, (file: string) => Promise<void>][] = [
  ['truncated', async (file) => truncate(file, 0)],
  ['half of', async (file) => halve(file)],
  ['overwritten', async (file) => overwrite(file)],
  ['without', async (file) => rm(file)],
];

async function halve(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  await handle.truncate(Math.floor((await handle.stat()).size / 2));
  await handle.close();
}

async function overwrite(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  await handle.write(Buffer.alloc((await handle.stat()).size, 0xa5), 0);
  await handle.close();
}

t.test('an unfinished rebuild starts again', async (t) => {
  const place = await makeVault(t);
  const expected = await fill(place);
  const vault = await place.open();
  const stop = new AbortController();
  const progress = () => stop.abort();
  await t.rejects(vault.openUser('ana', { rebuild: true, progress, signal: stop.signal }), { code: 'CANCELLED' });
  await vault.close();
  await heals(t, await place.open(), expected, true);
  await heals(t, await place.open(), expected, false);
});

t.test('a rebuild reports packs that are damaged or missing and goes on', async (t) => {
  const memory = new MemoryBackend();
  const place = await makeVault(t, memory);
  const vault = await place.open();
  const user = await openUser(vault);
  const packs = [];
  for (const label of ['a', 'b', 'c', 'd']) packs.push((await storeSnapshot(user, label)).pack);
  const [gone, footer, fine, short] = packs as [
    (typeof packs)[0],
    (typeof packs)[0],
    (typeof packs)[0],
    (typeof packs)[0],
  ];
  const name = (pack: { name: Uint8Array }) => packName(uidOf(user.uid), pack.name);
  user.close();
  await memory.remover().remove(name(gone));
  await replace(memory, name(footer), (bytes) => {
    bytes[bytes.length - 60]! ^= 1;
    return bytes;
  });
  await replace(memory, name(short), (bytes) => bytes.subarray(0, 50));
  const again = await vault.openUser('ana', { rebuild: true });
  const found = again.rebuilt!.problems.map(({ code, details }) => `${code} ${String(details.object)}`).sort();
  t.same(found, [`DATA_CORRUPT ${name(footer)}`, `DATA_CORRUPT ${name(short)}`, `OBJECT_MISSING ${name(gone)}`].sort());
  t.same(await places(again, footer.ids), [undefined, undefined, undefined]);
  t.ok((await places(again, fine.ids)).every(Boolean));
  t.equal((await again.snapshots.list()).length, 4);
  await vault.close();
});

async function replace(memory: MemoryBackend, name: string, change: (bytes: Uint8Array) => Uint8Array): Promise<void> {
  const bytes = change(await memory.get(name));
  await memory.remover().remove(name);
  await memory.put(name, { bytes });
}

t.test('a tombstoned pack is still read but not relied on, and not indexed any more after a rebuild', async (t) => {
  const place = await makeVault(t, new MemoryBackend());
  const vault = await place.open();
  const user = await openUser(vault);
  const dead = await storePack(user, 'dead');
  const { pack } = await storeSnapshot(user, 'alive');
  await user.log.append({ kind: 'tombstone', body: { packs: [dead.name], added: [], snapshots: [] } });
  t.ok((await places(user, dead.ids)).every(Boolean));
  t.notOk(user.index.mayRely(user.index.packOrdinal(dead.name)!));
  t.ok(user.index.mayRely(user.index.packOrdinal(pack.name)!));
  t.ok((await places(user, pack.ids)).every(Boolean));
  user.close();
  const again = await vault.openUser('ana', { rebuild: true });
  t.same(await places(again, dead.ids), [undefined, undefined, undefined]);
  t.ok((await places(again, pack.ids)).every(Boolean));
  t.same(again.rebuilt!.problems, []);
  await vault.close();
});

t.test('what is found wrong in the index while it is used is rebuilt at the next opening', async (t) => {
  const place = await makeVault(t);
  const expected = await fill(place);
  const vault = await place.open();
  const user = await vault.openUser('ana');
  await user.index.distrust();
  await storeSnapshot(user, 'd');
  const now = await state(user, expected.ids);
  await vault.close();
  await heals(t, await place.open(), now, true);
});

t.test('a pack that seems newer costs its own chunks, not the user', async (t) => {
  const memory = new MemoryBackend();
  const place = await makeVault(t, memory);
  const vault = await place.open();
  const user = await openUser(vault);
  const { pack } = await storeSnapshot(user, 'a');
  const fine = (await storeSnapshot(user, 'b')).pack;
  const name = packName(uidOf(user.uid), pack.name);
  user.close();
  await replace(memory, name, (bytes) => {
    bytes[4]! ^= 1;
    return bytes;
  });
  const again = await vault.openUser('ana', { rebuild: true });
  t.same(
    again.rebuilt!.problems.map(({ code, details }) => `${code} ${String(details.object)}`),
    [`FORMAT_NEWER ${name}`],
  );
  t.same(await places(again, pack.ids), [undefined, undefined, undefined]);
  t.ok((await places(again, fine.ids)).every(Boolean));
  t.ok(again.index.mark.suspectTo > 0, 'a backup reads everything again');
  await vault.close();
});

t.test('a wrong place in the index is read past, and everything is rebuilt at the next opening', async (t) => {
  await loadCodecs();
  const place = await makeVault(t);
  const expected = await fill(place);
  const vault = await place.open();
  const user = await vault.openUser('ana');
  const id = expected.ids.subarray(0, 32);
  const [right] = await user.index.lookup(id);
  await user.index.setPlaces(id, [{ ...right!, pack: right!.pack + 1 }]);
  t.equal(Buffer.from(await user.chunks.read(1, id)).toString(), 'a 1');
  t.same(await state(user, expected.ids), expected);
  await vault.close();
  await heals(t, await place.open(), expected, true);
});
