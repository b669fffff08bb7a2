import t, { type Test } from 'tap';
import { BitacoraError, toHex } from '../../../src/base/index.js';
import { logPrefix, packName, uidOf } from '../../../src/format/index.js';
import { type Backend, MemoryBackend, withFaults } from '../../../src/storage/index.js';
import { makeSetting, type Setting } from '../../backup/fixture.js';
import { SeededRandom } from '../../campaign/random.js';
import { contents, forget, packs, pruned, snapshot } from './fixture.js';

type Taken = Awaited<ReturnType<typeof snapshot>>;

/** A user with two forgotten snapshots and two that stay. */
async function filled(setting: Setting): Promise<readonly Taken[]> {
  const random = new SeededRandom(7);
  const taken: Taken[] = [];
  for (let i = 0; i < 4; i++) {
    for (let file = 0; file < 6; file++) if (file >= i) setting.write(`d/${file}`, random.bytes(30_000));
    setting.write(`only/${i}`, random.bytes(20_000));
    taken.push(await snapshot(setting));
  }
  await forget(setting, taken[0]!.id, taken[2]!.id);
  return [taken[1]!, taken[3]!];
}

async function holds(t: Test, setting: Setting, kept: readonly Taken[], what: string): Promise<void> {
  const found = await contents(setting);
  t.same([...found.keys()].sort(), kept.map(({ id }) => toHex(id)).sort(), what);
  for (const { id, content } of kept) t.equal(found.get(toHex(id)), content, what);
}

t.test('a short list of packs takes nothing, and a short list of the log stops it', async (t) => {
  const memory = new MemoryBackend();
  let short = '';
  const plan = ({ verb, name }: { verb: string; name: string }) =>
    verb === 'list' && short !== '' && name.endsWith(short) ? ('short' as const) : undefined;
  const setting = await makeSetting(t, { backend: withFaults(memory, plan) });
  const kept = await filled(setting);
  const before = await packs(setting);
  short = '/log/';
  await t.rejects(pruned(setting), { code: 'DATA_CORRUPT' });
  short = '';
  t.same(await packs(setting), before);
  short = '/packs/';
  await pruned(setting);
  short = '';
  await setting.reopen({ rebuild: true });
  await holds(t, setting, kept, 'after a short list');
});

t.test('a needed chunk that is nowhere, and a pack that is gone, stop it', async (t) => {
  const memory = new MemoryBackend();
  const setting = await makeSetting(t, { backend: memory });
  const kept = await filled(setting);
  const { uid, index } = setting.repository;
  const last = (await setting.repository.snapshots.list())[0]!.manifest.packs[0]!;
  const bytes = await memory.get(packName(uidOf(uid), last));
  await memory.remover().remove(packName(uidOf(uid), last));
  const before = await packs(setting);
  await t.rejects(pruned(setting), { code: 'OBJECT_MISSING', details: { object: packName(uidOf(uid), last) } });
  await index.forgetPack(last);
  await t.rejects(pruned(setting), { code: 'OBJECT_MISSING' });
  t.same(await packs(setting), before);
  await memory.put(packName(uidOf(uid), last), { bytes });
  await setting.reopen({ rebuild: true });
  await holds(t, setting, kept, 'with the pack back');
  t.ok((await pruned(setting)).putAside.packs > 0);
  await holds(t, setting, kept, 'after a prune');
});

t.test('an entry of the log that is damaged, or that only the index has, stops it', async (t) => {
  const memory = new MemoryBackend();
  const setting = await makeSetting(t, { backend: memory });
  await filled(setting);
  const before = await packs(setting);
  const entries: string[] = [];
  for await (const { name } of memory.list(logPrefix(uidOf(setting.repository.uid)))) entries.push(name);
  const bytes = await memory.get(entries[1]!);
  await memory.remover().remove(entries[1]!);
  await t.rejects(pruned(setting), { code: 'DATA_CORRUPT' });
  const flipped = new Uint8Array(bytes);
  flipped[100]! ^= 1;
  await memory.put(entries[1]!, { bytes: flipped });
  // The index's copy goes with the index: nobody knows any more what that snapshot needed.
  const { index } = setting.repository;
  await index.clear();
  await setting.reopen();
  await t.rejects(pruned(setting), { code: 'DATA_CORRUPT' });
  t.same(await packs(setting), before);
});

t.test('what is needed after all is found among what went, and stored again', async (t) => {
  const setting = await makeSetting(t);
  const kept = await filled(setting);
  // A wrong tombstone, as no prune writes it.
  const wrong = (await setting.repository.snapshots.list()).flatMap(({ manifest }) => manifest.packs);
  await setting.repository.log.append({ kind: 'tombstone', body: { packs: wrong, added: [], snapshots: [] } });
  await pruned(setting);
  await setting.reopen({ rebuild: true });
  t.same((await setting.repository.rebuilt!).problems, []);
  await holds(t, setting, kept, 'rescued');
});

/** Everything that changes the backend fails from the n-th time on, or that one alone. */
function dying(inner: Backend): { backend: Backend; at: number; forEver: boolean; calls: number } {
  const state = { backend: inner, at: 0, forEver: true, calls: 0 };
  const step = async <T>(run: () => Promise<T>, isAfter: boolean): Promise<T> => {
    const call = ++state.calls;
    const fails = state.at > 0 && (state.forEver ? call >= state.at : call === state.at);
    // Some die when it is done, and before anybody knew.
    if (fails && isAfter && call === state.at) await run();
    if (fails) throw new BitacoraError('BACKEND_FAILED', 'The machine has died.');
    return run();
  };
  const remover = inner.remover();
  state.backend = {
    kind: inner.kind,
    get: (name, options) => inner.get(name, options),
    getRange: (name, offset, length, options) => inner.getRange(name, offset, length, options),
    stat: (name, options) => inner.stat(name, options),
    list: (prefix, options) => inner.list(prefix, options),
    localPath: (name) => inner.localPath(name),
    put: (name, source, options) => step(() => inner.put(name, source, options), state.at % 2 === 0),
    spoolDirectory: () => inner.spoolDirectory(),
    remover: () => ({
      remove: (name, options) => step(() => remover.remove(name, options), state.at % 2 === 0),
      move: (from, to, options) => step(() => remover.move(from, to, options), state.at % 2 === 0),
    }),
    close: () => inner.close(),
  };
  return state;
}

t.test('wherever it dies nothing is lost, and the next run goes on', async (t) => {
  let runs = 0;
  for (let at = 1; ; at++) {
    const state = dying(new MemoryBackend());
    const setting = await makeSetting(t, { backend: state.backend });
    const kept = await filled(setting);
    Object.assign(state, { at, calls: 0 });
    const died = await pruned(setting, { graceMs: 0 }).then(
      () =>
        pruned(setting, { graceMs: 0 })
          .then(() => false)
          .catch(() => true),
      () => true,
    );
    Object.assign(state, { at: 0 });
    // The index dies with the process, or does not.
    await setting.reopen({ rebuild: at % 3 === 0 });
    await holds(t, setting, kept, `died at ${at}`);
    for (let run = 0; run < 3; run++) await pruned(setting, { graceMs: 0 });
    await setting.reopen({ rebuild: true });
    t.same(setting.repository.rebuilt!.problems, []);
    await holds(t, setting, kept, `died at ${at}, pruned again`);
    t.same((await packs(setting)).trash, [], `died at ${at}`);
    runs++;
    if (!died) break;
  }
  t.ok(runs > 4, String(runs));
});
