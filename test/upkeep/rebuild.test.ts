import t from 'tap';
import type { Progress } from '../../src/base/index.js';
import { packName, uidOf } from '../../src/format/index.js';
import { MemoryBackend } from '../../src/storage/index.js';
import { rebuildIndex } from '../../src/upkeep/index.js';
import { makeVault, openUser, places, storePack, storeSnapshot } from '../vault/fixture.js';

t.test('rebuildIndex() finds every user’s chunks and snapshots again', async (t) => {
  const place = await makeVault(t, new MemoryBackend());
  const vault = await place.open();
  const before = new Map<string, { ids: Uint8Array; places: (string | undefined)[]; snapshots: string[] }>();
  for (const name of ['ana', 'bob', 'cyd']) {
    const user = await openUser(vault, name);
    const ids: Uint8Array[] = [];
    for (let i = 0; i < 12; i++) ids.push((await storeSnapshot(user, `${name} ${i}`)).pack.ids);
    ids.push((await storePack(user, `${name} loose`)).ids);
    const all = Buffer.concat(ids);
    const snapshots = (await user.snapshots.list()).map(({ id }) => id);
    before.set(name, { ids: all, places: await places(user, all), snapshots });
    user.close();
  }
  const seen: Progress[] = [];
  const { users, damaged } = await rebuildIndex(vault, { progress: (progress) => void seen.push(progress) });
  t.same(damaged, []);
  t.same(
    users,
    ['ana', 'bob', 'cyd'].map((name) => ({ name, packs: 13, chunks: 39, entries: 12, problems: [], logProblems: [] })),
  );
  t.equal(seen.length, 39);
  t.equal(seen[12]!.files, 13);
  for (const [name, expected] of before) {
    const user = await vault.openUser(name);
    t.equal(user.rebuilt, undefined);
    t.same(await places(user, expected.ids), expected.places);
    t.same(
      (await user.snapshots.list()).map(({ id }) => id),
      expected.snapshots,
    );
    t.equal(user.index.loosePacks().length, 1);
    user.close();
  }
  await vault.close();
});

t.test('rebuildIndex() of one user leaves the others alone and tells what is missing', async (t) => {
  const memory = new MemoryBackend();
  const vault = await (await makeVault(t, memory)).open();
  const [ana, bob] = [await openUser(vault, 'ana'), await openUser(vault, 'bob')];
  const { pack } = await storeSnapshot(ana, 'a');
  await storeSnapshot(bob, 'b');
  const gone = packName(uidOf(ana.uid), pack.name);
  await memory.remover().remove(gone);
  ana.close();
  const mark = bob.index.mark;
  const { users } = await rebuildIndex(vault, { user: 'ana' });
  t.match(users, [{ name: 'ana', packs: 0, problems: [{ code: 'OBJECT_MISSING', details: { object: gone } }] }]);
  t.same(bob.index.mark, mark);
  await t.rejects(rebuildIndex(vault, { user: 'nobody' }), { code: 'UNKNOWN_USER' });
  await vault.close();
});

t.test('rebuildIndex() needs a vault that can be written', async (t) => {
  const vault = await (await makeVault(t)).open({ readOnly: true });
  await t.rejects(rebuildIndex(vault), { code: 'VAULT_READ_ONLY', message: /cannot be written/ });
  await vault.close();
});

t.test('rebuildIndex() stops on request', async (t) => {
  const vault = await (await makeVault(t, new MemoryBackend())).open();
  const user = await openUser(vault);
  await storeSnapshot(user, 'a');
  const stop = new AbortController();
  const progress = () => stop.abort();
  await storeSnapshot(user, 'b');
  user.close();
  await t.rejects(rebuildIndex(vault, { progress, signal: stop.signal }), { code: 'CANCELLED' });
  const again = await vault.openUser('ana');
  t.ok(again.rebuilt, 'what it left unfinished is rebuilt');
  again.close();
  await t.rejects(rebuildIndex(vault, { signal: AbortSignal.abort() }), { code: 'CANCELLED' });
  t.equal((await vault.openUser('ana')).rebuilt, undefined, 'stopped at the start, it has taken nothing away');
  await vault.close();
});
