import t, { type Test } from 'tap';
import { toHex } from '../../../src/base/index.js';
import { packName, uidOf, userPrefix } from '../../../src/format/index.js';
import { MemoryBackend, type ObjectName } from '../../../src/storage/index.js';
import { makeSetting, type Setting } from '../../backup/fixture.js';
import { SeededRandom } from '../../campaign/random.js';
import { contents, forget, handClock, packs, pruned, snapshot } from './fixture.js';

/** Files of `bytes` random bytes each. */
function fill(setting: Setting, directory: string, files: number, bytes: number, seed: number): void {
  const random = new SeededRandom(seed);
  for (let i = 0; i < files; i++) setting.write(`${directory}/${i}`, random.bytes(bytes));
}

t.test('what only a forgotten snapshot needs goes, and nothing else; so it is after the index is lost', async (t) => {
  const setting = await makeSetting(t);
  fill(setting, 'kept', 2, 50_000, 1);
  fill(setting, 'gone', 5, 50_000, 2);
  const first = await snapshot(setting);
  fill(setting, 'gone', 5, 50_000, 3);
  const second = await snapshot(setting);
  await forget(setting, first.id);
  const before = await packs(setting);
  const result = await pruned(setting);
  t.equal(result.status, 'done');
  t.same(
    result.snapshots.map(({ id }) => id.replaceAll('-', '')),
    [toHex(first.id)],
  );
  t.ok(result.rewritten.packs + result.dead.packs > 0);
  t.equal(result.putAside.packs, result.rewritten.packs + result.dead.packs);
  const after = await packs(setting);
  t.equal(after.trash.length, result.putAside.packs);
  for (const pack of after.trash) t.ok(before.packs.includes(pack) && !after.packs.includes(pack));
  t.same([...(await contents(setting))], [[toHex(second.id), second.content]]);
  await setting.reopen();
  t.same([...(await contents(setting))], [[toHex(second.id), second.content]]);
  const { rebuilt } = await setting.reopen({ rebuild: true });
  t.same(rebuilt!.problems, []);
  t.same([...(await contents(setting))], [[toHex(second.id), second.content]]);
});

t.test('without a forgotten snapshot nothing goes', async (t) => {
  const setting = await makeSetting(t);
  fill(setting, 'a', 5, 50_000, 1);
  await snapshot(setting);
  fill(setting, 'a', 5, 50_000, 2);
  await snapshot(setting);
  const before = await packs(setting);
  const { dead, rewritten, putAside } = await pruned(setting);
  t.same([dead.packs, rewritten.packs, putAside.packs], [0, 0, 0]);
  t.same(await packs(setting), before);
});

t.test('a dry run says what goes by snapshot, and changes nothing', async (t) => {
  const setting = await makeSetting(t);
  fill(setting, 'a', 4, 100_000, 1);
  const first = await snapshot(setting);
  fill(setting, 'a', 4, 100_000, 2);
  const second = await snapshot(setting);
  fill(setting, 'a', 1, 1000, 3);
  await snapshot(setting);
  await forget(setting, first.id, second.id);
  const before = await packs(setting);
  const { entries } = setting.repository.index.mark;
  const { snapshots, dead, rewritten } = await pruned(setting, { dryRun: true });
  const bytes = new Map(snapshots.map(({ id, bytes }) => [id.replaceAll('-', ''), bytes!]));
  t.ok(bytes.get(toHex(first.id))! > 400_000);
  // Of the second only the one file that the third replaced.
  const ofSecond = bytes.get(toHex(second.id))!;
  t.ok(ofSecond > 50_000 && ofSecond < 250_000, String(ofSecond));
  t.ok(dead.packs > 0);
  t.equal(rewritten.packs, 0);
  t.same(await packs(setting), before);
  t.equal(setting.repository.index.mark.entries, entries);
});

t.test('what is aside goes for good after its grace and another look, in time that surely passed', async (t) => {
  const setting = await makeSetting(t);
  const clock = handClock();
  const opened = { wall: clock.now(), monotonic: clock.monotonic() };
  const run = (graceMs?: number) => pruned(setting, { clock, opened, ...(graceMs === undefined ? {} : { graceMs }) });
  fill(setting, 'a', 4, 100_000, 1);
  const first = await snapshot(setting);
  fill(setting, 'a', 4, 100_000, 2);
  await snapshot(setting);
  await forget(setting, first.id);
  t.ok((await run(0)).putAside.packs > 0);
  t.ok((await packs(setting)).trash.length > 0, 'no grace, and still another look is waited for');
  t.equal((await run()).purged.packs, 0);
  clock.jump(6 * 365);
  t.equal((await run()).purged.packs, 0, 'a clock that jumps brings nothing forward');
  clock.jump(-6 * 365);
  t.equal((await run()).purged.packs, 0);
  clock.pass(6.5);
  t.equal((await run()).purged.packs, 0);
  clock.pass(1);
  t.ok((await run()).purged.packs > 0);
  t.same((await packs(setting)).trash, []);
});

t.test('another process counts a day at most for the time before it', async (t) => {
  const setting = await makeSetting(t);
  const clock = handClock();
  const run = () => pruned(setting, { clock, opened: { wall: clock.now(), monotonic: clock.monotonic() } });
  fill(setting, 'a', 4, 100_000, 1);
  const first = await snapshot(setting);
  fill(setting, 'a', 4, 100_000, 2);
  await snapshot(setting);
  await forget(setting, first.id);
  await run();
  clock.pass(3000);
  let runs = 1;
  while ((await run()).purged.packs === 0) {
    clock.pass(1);
    runs++;
  }
  t.equal(runs, 7);
});

t.test('a chunk that is stored again after its tombstone is stored anew', async (t) => {
  const setting = await makeSetting(t);
  fill(setting, 'a', 4, 100_000, 1);
  const first = await snapshot(setting);
  fill(setting, 'a', 4, 100_000, 2);
  const second = await snapshot(setting);
  await forget(setting, first.id);
  // Somebody has the user open: the packs stay where they are, and can be read.
  const other = await setting.vault.openUser('ana');
  const { waiting, putAside } = await pruned(setting);
  t.ok(waiting > 0);
  t.equal(putAside.packs, 0);
  fill(setting, 'a', 4, 100_000, 1);
  const third = await snapshot(setting);
  other.close();
  for (const again of [false, true]) {
    if (again) await pruned(setting);
    await setting.reopen({ rebuild: true });
    const found = await contents(setting);
    t.equal(found.get(toHex(third.id)), third.content);
    t.equal(found.get(toHex(second.id)), second.content);
  }
});

t.test('a snapshot forgotten while somebody has the user open stays readable for them', async (t) => {
  const setting = await makeSetting(t);
  fill(setting, 'a', 4, 100_000, 1);
  const first = await snapshot(setting);
  fill(setting, 'a', 4, 100_000, 2);
  await snapshot(setting);
  const reader = await setting.vault.openUser('ana');
  const { manifest } = (await reader.snapshots.list()).find(
    ({ manifest }) => toHex(manifest.backupId) === toHex(first.id),
  )!;
  await forget(setting, first.id);
  const { dead, snapshots } = await pruned(setting);
  t.same([dead.packs, snapshots.length], [0, 0]);
  t.ok((await setting.read(manifest.scopes[0]!)).size > 4);
  reader.close();
  t.ok((await pruned(setting)).dead.packs > 0);
});

t.test('a snapshot given up stays forgotten whatever is said behind', async (t) => {
  const setting = await makeSetting(t);
  fill(setting, 'a', 4, 100_000, 1);
  const first = await snapshot(setting);
  fill(setting, 'a', 4, 100_000, 2);
  const second = await snapshot(setting);
  await forget(setting, first.id);
  await pruned(setting);
  await setting.repository.log.append({ kind: 'unforget', body: { backupIds: [first.id] } });
  t.same([...(await contents(setting)).keys()], [toHex(second.id)]);
  t.equal((await pruned(setting)).status, 'done');
});

t.test('a snapshot taken back before a prune keeps all that it has', async (t) => {
  const setting = await makeSetting(t);
  fill(setting, 'a', 4, 100_000, 1);
  const first = await snapshot(setting);
  fill(setting, 'a', 4, 100_000, 2);
  await snapshot(setting);
  await forget(setting, first.id);
  await setting.repository.log.append({ kind: 'unforget', body: { backupIds: [first.id] } });
  t.equal((await pruned(setting)).putAside.packs, 0);
  t.equal((await contents(setting)).get(toHex(first.id)), first.content);
});

t.test('more than a fifth goes only where that is asked for', async (t) => {
  const setting = await makeSetting(t);
  fill(setting, 'a', 12, 1_000_000, 1);
  const first = await snapshot(setting);
  fill(setting, 'a', 12, 1_000_000, 2);
  await snapshot(setting);
  await forget(setting, first.id);
  const before = await packs(setting);
  t.equal((await pruned(setting, { allowLarge: false, dryRun: true })).status, 'held');
  const { status, putAside } = await pruned(setting, { allowLarge: false });
  t.same([status, putAside.packs], ['held', 0]);
  t.same(await packs(setting), before);
  t.ok((await pruned(setting)).putAside.packs > 0);
});

t.test('many small packs become few, and what they hold stays', async (t) => {
  const setting = await makeSetting(t);
  const taken: Awaited<ReturnType<typeof snapshot>>[] = [];
  for (let i = 0; i < 20; i++) {
    fill(setting, `d${i}`, 1, 500, i + 1);
    taken.push(await snapshot(setting));
  }
  const before = await packs(setting);
  const { rewritten, status } = await pruned(setting);
  t.equal(status, 'done');
  t.ok(rewritten.packs >= 16);
  const after = await packs(setting);
  t.ok(after.packs.length <= before.packs.length / 4, `${before.packs.length} → ${after.packs.length}`);
  const again = await pruned(setting);
  t.equal(again.rewritten.packs, 0, 'once');
  await setting.reopen({ rebuild: true });
  const found = await contents(setting);
  for (const { id, content } of taken) t.equal(found.get(toHex(id)), content);
});

t.test('what a backup that was cut short left goes', async (t) => {
  const setting = await makeSetting(t);
  fill(setting, 'a', 4, 100_000, 1);
  const first = await snapshot(setting);
  fill(setting, 'b', 4, 100_000, 2);
  const append = setting.repository.log.append.bind(setting.repository.log);
  setting.repository.log.append = () => Promise.reject(new Error('cut short'));
  await t.rejects(setting.run());
  setting.repository.log.append = append;
  const before = await packs(setting);
  t.equal((await pruned(setting)).dead.packs, before.packs.length - 1);
  t.same([...(await contents(setting))], [[toHex(first.id), first.content]]);
});

t.test('a pack that never got into the index is judged the next time', async (t) => {
  const memory = new MemoryBackend();
  const setting = await makeSetting(t, { backend: memory });
  fill(setting, 'a', 4, 100_000, 1);
  await snapshot(setting);
  fill(setting, 'b', 4, 100_000, 2);
  const { index } = setting.repository;
  const addPack = index.addPack.bind(index);
  index.addPack = () => Promise.reject(new Error('cut short'));
  await t.rejects(setting.run());
  index.addPack = addPack;
  t.equal((await pruned(setting)).dead.packs, 0);
  t.equal((await pruned(setting)).dead.packs, 1);
});

/** A backup that finds in the index what only a forgotten snapshot needs; `before` its commit something else happens. */
async function reliant(t: Test, before: 'commit' | 'tombstone') {
  const setting = await makeSetting(t);
  fill(setting, 'a', 4, 100_000, 1);
  const first = await snapshot(setting);
  fill(setting, 'a', 4, 100_000, 2);
  await snapshot(setting);
  await forget(setting, first.id);
  // Opened anew, or what is forgotten is not forgotten for it.
  await setting.reopen();
  fill(setting, 'a', 4, 100_000, 1);
  const { log } = setting.repository;
  const pruner = await setting.vault.openUser('ana');
  const prune = () => pruned({ ...setting, repository: pruner });
  let third: Awaited<ReturnType<typeof snapshot>> | undefined;
  if (before === 'commit') {
    const append = log.append.bind(log);
    log.append = async (...args) => {
      log.append = append;
      await prune();
      return append(...args);
    };
    third = await snapshot(setting);
  } else {
    const appendAfter = log.appendAfter.bind(log);
    log.appendAfter = async (...args) => {
      log.appendAfter = appendAfter;
      third = await snapshot(setting);
      // Nobody is left who holds what it relied on.
      setting.repository.close();
      return appendAfter(...args);
    };
    await prune();
  }
  pruner.close();
  await setting.reopen({ rebuild: true });
  t.same(setting.repository.rebuilt!.problems, []);
  t.equal((await contents(setting)).get(toHex(third!.id)), third!.content);
}

t.test('what a backup under way relies on stays', (t) => reliant(t, 'commit'));

t.test('what was committed since the mark is looked at in the step of the tombstone', (t) => reliant(t, 'tombstone'));

t.test('a pack under a tombstone that is in no place any more keeps nobody from pruning', async (t) => {
  const setting = await makeSetting(t);
  fill(setting, 'a', 4, 100_000, 1);
  const first = await snapshot(setting);
  fill(setting, 'a', 4, 100_000, 2);
  const second = await snapshot(setting);
  await forget(setting, first.id);
  const other = await setting.vault.openUser('ana');
  t.ok((await pruned(setting)).waiting > 0);
  other.close();
  // As an index that is older than the log has it: what it has of the pack is all that there is.
  const { backend, index, uid } = setting.repository;
  for (const ordinal of index.buried.ordinals()) {
    await backend.remover().remove(packName(uidOf(uid), index.packName(ordinal)));
  }
  const { status, putAside, aside } = await pruned(setting);
  t.match({ status, putAside, aside }, { status: 'done', putAside: { packs: 0 }, aside: { packs: 0 } });
  t.same(index.buried.ordinals(), []);
  t.equal((await contents(setting)).get(toHex(second.id)), second.content);
});

t.test(
  'a vault that was put back to before a prune has again what that gave up, whatever its index says',
  async (t) => {
    const setting = await makeSetting(t);
    fill(setting, 'a', 4, 100_000, 1);
    const first = await snapshot(setting);
    fill(setting, 'a', 4, 100_000, 2);
    await snapshot(setting);
    const { backend, uid } = setting.repository;
    const objects = async (): Promise<ObjectName[]> => {
      const names: ObjectName[] = [];
      for await (const { name } of backend.list(userPrefix(uidOf(uid)))) names.push(name);
      return names;
    };
    const copy = new Map<ObjectName, Uint8Array>();
    for (const name of await objects()) copy.set(name, await backend.get(name));
    await forget(setting, first.id);
    t.ok((await pruned(setting)).putAside.packs > 0);
    for (const name of await objects()) if (!copy.has(name)) await backend.remover().remove(name);
    for (const [name, bytes] of copy) await backend.put(name, { bytes });
    await setting.reopen();
    t.equal((await contents(setting)).get(toHex(first.id)), first.content);
    t.match(await pruned(setting), { status: 'done', dead: { packs: 0 }, putAside: { packs: 0 } });
  },
);

t.test('a vault that was put back to before a backup gets none of its snapshots back by halves', async (t) => {
  const setting = await makeSetting(t);
  fill(setting, 'a', 4, 100_000, 1);
  const first = await snapshot(setting);
  const { backend, uid } = setting.repository;
  const there = new Set((await packs(setting)).packs);
  fill(setting, 'a', 4, 100_000, 2);
  const second = await snapshot(setting);
  fill(setting, 'a', 4, 100_000, 3);
  await snapshot(setting);
  await forget(setting, second.id);
  await setting.reopen();
  t.ok((await pruned(setting, { graceMs: 0 })).putAside.packs > 0);
  const names: ObjectName[] = [];
  for await (const { name } of backend.list(userPrefix(uidOf(uid)))) names.push(name);
  const isLater = (name: string): boolean =>
    /\/trash\//.test(name) ||
    (/\/packs\//.test(name) && !there.has(name.slice(-64))) ||
    (/\/log\/\d+-/.test(name) && Number(/\/log\/(\d+)-/.exec(name)![1]) > 1);
  for (const name of names) if (isLater(name)) await backend.remover().remove(name);
  await setting.reopen({ rebuild: true });
  t.same(setting.repository.rebuilt?.problems ?? [], []);
  t.same([...(await contents(setting)).keys()], [toHex(first.id)]);
});
