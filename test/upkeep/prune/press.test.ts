import t from 'tap';
import { makeSetting, type Setting } from '../../backup/fixture.js';
import { SeededRandom } from '../../campaign/random.js';
import { contents, forget, handClock, packs, pruned, snapshot } from './fixture.js';

/** A user of whom three packs of about 100,000 bytes were put aside, a day after one another. */
async function filled(t: Parameters<typeof makeSetting>[0]) {
  const setting: Setting = await makeSetting(t);
  const clock = handClock();
  const opened = { wall: clock.now(), monotonic: clock.monotonic() };
  const run = (pressBytes?: number) => pruned(setting, { clock, opened, pressBytes });
  const order: string[] = [];
  let before = await snapshot(setting);
  for (let i = 0; i < 4; i++) {
    setting.write('a', new SeededRandom(i).bytes(100_000));
    const next = await snapshot(setting);
    await forget(setting, before.id);
    await run();
    for (const pack of (await packs(setting)).trash) if (!order.includes(pack)) order.push(pack);
    before = next;
    clock.pass(1);
  }
  return { setting, run, order };
}

t.test(
  'where space is wanted, what is aside goes before its grace: the oldest first, and no more than it takes',
  async (t) => {
    const { setting, run, order } = await filled(t);
    const aside = (await packs(setting)).trash.length;
    t.ok(aside >= 3);
    t.equal((await run()).purged.packs, 0, 'not by itself');
    const { purged } = await run(1);
    t.equal(purged.packs, 1);
    t.same([...(await packs(setting)).trash].sort(), order.slice(1).sort());
    const two = await run(150_000);
    t.ok(two.purged.bytes >= 150_000 && two.purged.packs === 2, JSON.stringify(two.purged));
    t.equal((await contents(setting)).size, 1);
  },
);

t.test('what was just put aside waits for another mark, whatever is wanted', async (t) => {
  const setting = await makeSetting(t);
  setting.write('a', new SeededRandom(1).bytes(100_000));
  const first = await snapshot(setting);
  setting.write('a', new SeededRandom(2).bytes(100_000));
  await snapshot(setting);
  await forget(setting, first.id);
  const { purged, putAside } = await pruned(setting, { pressBytes: 1e9 });
  t.same([putAside.packs > 0, purged.packs], [true, 0]);
  t.ok((await pruned(setting, { pressBytes: 1e9 })).purged.packs > 0);
});
