import t from 'tap';
import { toHex } from '../../../src/base/index.js';
import { logPrefix, packName, uidOf } from '../../../src/format/index.js';
import { checkpointUser } from '../../../src/upkeep/index.js';
import type { UserRepository } from '../../../src/vault/index.js';
import { readLog } from '../../reference/reader-log.js';
import { openUser as openReference, openVault as readVault } from '../../reference/reader-vault.js';
import { makeVault, openUser } from '../../vault/fixture.js';
import { again, answers, givenUp, OPTIONS, type Opened, objects, opened, said, summed, taken } from './fixture.js';

async function kinds(user: UserRepository): Promise<string[]> {
  const found: string[] = [];
  for await (const { entry } of user.log.newestFirst()) found.push(`${entry.seq} ${entry.kind}`);
  return found;
}

/** Name of the one object of the log with this number. */
async function objectAt({ memory, user }: Opened, seq: number): Promise<string> {
  for await (const { name } of memory.list(logPrefix(uidOf(user.uid)))) {
    if (name.includes(`/${String(seq).padStart(12, '0')}-`)) return name;
  }
  throw new Error(`there is no entry ${seq}`);
}

async function damage({ memory }: Opened, name: string): Promise<void> {
  const bytes = await memory.get(name);
  bytes[200]! ^= 1;
  await memory.remover().remove(name);
  await memory.put(name, { bytes });
}

t.test('a checkpoint says all that was said before, and what the one before it stood for goes', async (t) => {
  let place = await opened(t);
  const ids: Uint8Array[] = [];
  for (const label of 'abcd') ids.push(await taken(place.user, label));
  await said(place.user, 'forget', ids[0]!);
  await said(place.user, 'pin', ids[1]!);
  const before = await answers(place.user);
  t.same(await summed(place.user), { entries: 6, dropped: 0, removed: 0 });
  t.same(await answers(place.user), before);
  t.same(await objects(place.memory, place.user), [1, 2, 3, 4, 5, 6, 7, 8], 'nothing goes with the first');
  t.same((await kinds(place.user)).slice(0, 3), ['8 checkpoint', '6 pin', '5 forget']);
  ids.push(await taken(place.user, 'e'));
  const more = await answers(place.user);
  t.match(await summed(place.user), { removed: 6 });
  t.same(await objects(place.memory, place.user), [7, 8, 9, 10, 11]);
  for (const lost of [false, true]) {
    place = await again(place, t, lost);
    t.equal(place.user.rebuilt !== undefined, lost);
    t.same(place.user.logProblems, []);
    t.same(await answers(place.user), more);
  }
  await said(place.user, 'unforget', ids[0]!);
  t.equal((await place.user.snapshots.list()).length, 5);
});

t.test('a checkpoint waits until the log is long', async (t) => {
  const { user } = await opened(t);
  for (const label of 'abc') await taken(user, label);
  t.equal(await checkpointUser(user, { ...OPTIONS, tailMost: 4 }), undefined);
  t.equal(user.index.mark.entries, 3);
  t.ok(await checkpointUser(user, { ...OPTIONS, tailMost: 3 }));
});

t.test('what is given up does not stay in the log, and the packs that it brought are known still', async (t) => {
  let place = await opened(t);
  const { memory } = place;
  const [a, b] = [await taken(place.user, 'a'), await taken(place.user, 'b')];
  await said(place.user, 'forget', a);
  // Its pack is needed by somebody else.
  await place.user.log.append({ kind: 'tombstone', body: { packs: [], added: [], snapshots: [a] } });
  t.match(await summed(place.user), { entries: 1, dropped: 3 });
  for (const lost of [false, true]) {
    place = await again(place, t, lost);
    t.equal((await place.user.snapshots.list()).length, 1);
    t.same(place.user.index.loosePacks(), []);
    await t.rejects(place.user.snapshots.findListed(toHex(a)), { code: 'UNKNOWN_SNAPSHOT' });
  }
  t.ok(await place.user.snapshots.find(toHex(b)));
  await place.vault.close();
  const packs: string[] = [];
  for await (const { name } of memory.list(`users/${uidOf(place.user.uid)}/packs/`)) packs.push(name);
  for (const name of packs) await memory.remover().remove(name);
  const rebuilt = await again(place, t, true);
  t.equal(rebuilt.user.rebuilt!.problems.length, 2, 'both packs are missed');
});

t.test('tombstones hold on, and go once nobody can name their packs', async (t) => {
  let place = await opened(t);
  const kept = await taken(place.user, 'kept');
  const ids: Uint8Array[] = [];
  for (let i = 0; i < 260; i++) ids.push(await taken(place.user, `${i}`));
  const packs = (await place.user.snapshots.list()).flatMap(({ manifest }) => manifest.packs);
  await summed(place.user);
  await givenUp(place.user, ...ids);
  const gone = packs.slice(0, 260).map((hash) => packName(uidOf(place.user.uid), hash));
  for (const name of gone) await place.memory.remover().remove(name);
  for (const hash of packs.slice(0, 260)) await place.user.index.forgetPack(hash);
  // The old segment is gone through as well.
  t.match(await checkpointUser(place.user, { ...OPTIONS, tailMost: 500 }), { entries: 1, dropped: 263 });
  const [newest] = await kinds(place.user);
  t.match(newest, /checkpoint/);
  for await (const { entry } of place.user.log.newestFirst()) {
    if (entry.kind === 'checkpoint') t.same([entry.body.packs, entry.body.snapshots, entry.body.added], [[], [], []]);
  }
  t.equal(await checkpointUser(place.user, { ...OPTIONS, tailMost: 500 }), undefined, 'there is no more to do');
  place = await again(place, t, true);
  t.same(place.user.rebuilt!.problems, []);
  t.same(
    (await place.user.snapshots.list()).map(({ manifest }) => toHex(manifest.backupId)),
    [toHex(kept)],
  );
});

t.test('a checkpoint that is damaged or gone costs nothing', async (t) => {
  for (const spoil of ['damaged', 'gone'] as const) {
    for (const lost of [false, true]) {
      let place = await opened(t);
      for (const label of 'abc') await taken(place.user, label);
      await summed(place.user);
      for (const label of 'def') await taken(place.user, label);
      await summed(place.user);
      const before = await answers(place.user);
      const last = (await objects(place.memory, place.user)).at(-1)!;
      const name = await objectAt(place, last);
      if (spoil === 'damaged') await damage(place, name);
      else await place.memory.remover().remove(name);
      place = await again(place, t, lost);
      t.same(await answers(place.user), before, `${spoil}, index ${lost ? 'lost' : 'there'}`);
      await taken(place.user, 'g');
      t.equal((await place.user.snapshots.list()).length, 7);
    }
  }
});

t.test('a segment that is damaged or gone is put back from the index, or else named', async (t) => {
  for (const spoil of ['damaged', 'gone'] as const) {
    for (const lost of [false, true]) {
      let place = await opened(t);
      for (const label of 'abc') await taken(place.user, label);
      await summed(place.user);
      await taken(place.user, 'd');
      await summed(place.user);
      await taken(place.user, 'e');
      const before = await answers(place.user);
      // The first segment stands; what it stands for is gone.
      const name = await objectAt(place, 4);
      if (spoil === 'damaged') await damage(place, name);
      else await place.memory.remover().remove(name);
      if (!lost) await place.user.index.distrust();
      place = await again(place, t, lost);
      if (lost) {
        t.match(place.user.logProblems, [{ code: spoil === 'damaged' ? 'DATA_CORRUPT' : 'OBJECT_MISSING' }]);
        t.equal((await place.user.snapshots.list()).length, 2, 'the others are there');
        t.equal(await summed(place.user), undefined, 'nothing is summed up that is not whole');
      } else {
        t.same(place.user.logProblems, []);
        t.same(await answers(place.user), before);
      }
    }
  }
});

t.test('an entry that is damaged is no matter once it is covered', async (t) => {
  let place = await opened(t);
  for (const label of 'abc') await taken(place.user, label);
  const before = await answers(place.user);
  await summed(place.user);
  await damage(place, await objectAt(place, 2));
  place = await again(place, t, true);
  t.same(place.user.logProblems, []);
  t.same(await answers(place.user), before);
});

t.test('an index from before a checkpoint catches up with it', async (t) => {
  const place = await opened(t);
  const { memory, user } = place;
  const ids: Uint8Array[] = [];
  for (const label of 'abc') ids.push(await taken(user, label));
  await givenUp(user, ids[0]!);
  const before = await answers(user);
  await place.vault.close();
  const copy = await place.place.copy('before');
  const summing = await place.place.open();
  await summed(await summing.openUser('ana'));
  await summing.close();
  const late = await place.place.open({ path: copy });
  t.teardown(() => late.close());
  const opened2 = await late.openUser('ana');
  t.equal(opened2.rebuilt, undefined);
  t.same(opened2.logProblems, []);
  t.same(await answers(opened2), before);
  t.match(await kinds(opened2), ['7 checkpoint', '3 manifest', '2 manifest']);
  t.equal((await objects(memory, user)).length, 7);
});

t.test('what was covered may go in any order, also when the index does not know', async (t) => {
  let place = await opened(t);
  for (const label of 'abcde') await taken(place.user, label);
  const before = await answers(place.user);
  await summed(place.user);
  for (const seq of [3, 1]) await place.memory.remover().remove(await objectAt(place, seq));
  for (const lost of [false, true]) {
    place = await again(place, t, lost);
    t.equal(place.user.rebuilt !== undefined, lost);
    t.same(place.user.logProblems, []);
    t.same(await answers(place.user), before);
  }
});

t.test('entries that come while a log is summed up hold', async (t) => {
  const place = await opened(t);
  const { user } = place;
  const a = await taken(user, 'a');
  const b = await taken(user, 'b');
  const [result] = await Promise.all([summed(user), taken(user, 'c'), said(user, 'forget', a), said(user, 'pin', b)]);
  t.ok(result);
  await taken(user, 'd');
  const before = await answers(user);
  t.equal((await user.snapshots.list()).length, 3);
  await summed(user);
  t.same(await answers(user), before);
  const later = await again(place, t, true);
  t.same(later.user.logProblems, []);
  t.same(await answers(later.user), before);
});

t.test('a reader that knows only the format page reads a log with checkpoints', async (t) => {
  const place = await makeVault(t);
  const vault = await place.open();
  t.teardown(() => vault.close());
  const user = await openUser(vault);
  const ids: Uint8Array[] = [];
  for (const label of 'abcdef') ids.push(await taken(user, label));
  await said(user, 'forget', ids[1]!);
  const steps = [
    () => summed(user),
    () => taken(user, 'g'),
    () => givenUp(user, ids[0]!),
    () => summed(user),
    () => taken(user, 'h'),
    () => summed(user),
    () => said(user, 'unforget', ids[1]!),
  ];
  for (const step of steps) {
    await step();
    const { manifests, buried } = readLog(openReference(readVault(place.path, place.keyFile), 'ana'));
    const listed = (await user.snapshots.list()).map(({ manifest }) => toHex(manifest.backupId));
    t.same(manifests.map((each) => toHex(each.backup_id)).reverse(), listed);
    const packs = user.index.buried.ordinals().map((ordinal) => toHex(user.index.packName(ordinal)));
    t.same(
      [...buried].map((name) => name.slice(-64)),
      packs,
    );
  }
  t.equal((await user.snapshots.list()).length, 7);
});
