import t, { type Test } from 'tap';
import { toHex } from '../../../src/base/index.js';
import type { QuarantinedPack } from '../../../src/format/index.js';
import { packName, trashName, uidOf } from '../../../src/format/index.js';
import { MemoryBackend } from '../../../src/storage/index.js';
import { makeSetting, type Setting } from '../../backup/fixture.js';
import { SeededRandom } from '../../campaign/random.js';
import { contents, forget, handClock, packs, pruned, snapshot } from './fixture.js';

type Taken = Awaited<ReturnType<typeof snapshot>>;

interface Scene {
  readonly setting: Setting;
  readonly memory: MemoryBackend;
  readonly kept: Taken;
  /** What the snapshot needs lies in both; the index has it in the second. */
  readonly older: Uint8Array;
  readonly newer: Uint8Array;
}

const say = ({ repository }: Setting, pack: Uint8Array, damage: QuarantinedPack['damage']) =>
  repository.log.append({ kind: 'quarantine', body: { packs: [{ pack, damage, frames: [] }] } });

/** A pack was taken for damaged, its chunks were stored again, and then it was found sound after all. */
async function scene(t: Test): Promise<Scene> {
  const memory = new MemoryBackend();
  const setting = await makeSetting(t, { backend: memory });
  setting.write('a', new SeededRandom(1).bytes(200_000));
  const first = await snapshot(setting);
  const older = (await setting.repository.snapshots.list())[0]!.manifest.packs[0]!;
  await say(setting, older, 'whole');
  const kept = await snapshot(setting);
  const newer = (await setting.repository.snapshots.list())[0]!.manifest.packs[0]!;
  await say(setting, older, 'none');
  await forget(setting, first.id);
  return { setting, memory, kept, older, newer };
}

/** The newer pack is damaged, and a scrub says so, in the moment before prune's next turn in the log. */
function damageInBetween({ setting, memory, newer }: Scene): { happened: boolean } {
  const { log, uid } = setting.repository;
  const appendAfter = log.appendAfter.bind(log);
  const state = { happened: false };
  log.appendAfter = async (...args) => {
    if (!state.happened) {
      state.happened = true;
      const name = packName(uidOf(uid), newer);
      const bytes = await memory.get(name);
      await memory.remover().remove(name);
      await memory.put(name, { bytes: bytes.fill(7, 100, bytes.length - 100) });
      await say(setting, newer, 'whole');
    }
    return appendAfter(...args);
  };
  return state;
}

t.test(
  'the only sound copy of what lies in two packs is not buried when the other is found damaged meanwhile',
  async (t) => {
    const one = await scene(t);
    const { setting, kept, older } = one;
    t.equal((await pruned(setting, { dryRun: true })).dead.packs, 1, 'the older one would go');
    const state = damageInBetween(one);
    await pruned(setting);
    t.ok(state.happened);
    t.ok((await packs(setting)).packs.includes(toHex(older)));
    await setting.reopen({ rebuild: true });
    t.equal((await contents(setting)).get(toHex(kept.id)), kept.content);
  },
);

t.test('what is aside and turns out to be the only sound copy is stored again before it goes for good', async (t) => {
  const one = await scene(t);
  const { setting, kept, older } = one;
  const clock = handClock();
  const opened = { wall: clock.now(), monotonic: clock.monotonic() };
  await pruned(setting, { clock, opened });
  t.same((await packs(setting)).trash, [toHex(older)]);
  clock.pass(8);
  const state = damageInBetween(one);
  const { purged } = await pruned(setting, { clock, opened });
  t.same([state.happened, purged.packs], [true, 1]);
  await setting.reopen({ rebuild: true });
  t.equal((await contents(setting)).get(toHex(kept.id)), kept.content);
});

t.test('a pack that is aside already with other bytes stops nobody, and is put right', async (t) => {
  for (const torn of ['aside', 'here'] as const) {
    const { setting, memory, kept, older } = await scene(t);
    const { uid } = setting.repository;
    const [here, aside] = [packName(uidOf(uid), older), trashName(uidOf(uid), older)];
    const sound = await memory.get(here);
    const half = { bytes: sound.subarray(0, sound.length / 2) };
    await memory.put(aside, torn === 'aside' ? half : { bytes: sound });
    if (torn === 'here') {
      await memory.remover().remove(here);
      await memory.put(here, half);
    }
    const { status, warnings, putAside } = await pruned(setting);
    t.same([status, putAside.packs], ['done', 1]);
    t.match(warnings, [torn === 'aside' ? /took its place/ : /sound copy/]);
    t.ok(Buffer.from(sound).equals(await memory.get(aside)), 'the sound one stays');
    t.equal(await memory.stat(here), undefined);
    t.same((await pruned(setting)).warnings, [], 'told once');
    t.equal((await contents(setting)).get(toHex(kept.id)), kept.content);
  }
});
