import t from 'tap';
import { makeSetting, noise, openDescriptors, type Setting, spooled } from './fixture.js';

function fill(setting: Setting, seed: number): void {
  for (let i = 0; i < 200; i++) setting.write(`d${i % 50}/${i}`, noise(2000, seed + i));
  for (let i = 0; i < 3; i++) setting.write(`d${i}/large`, noise(3 * 2 ** 20, seed + i));
}

/** The same numbers for the same seed. */
function sequence(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % below;
  };
}

for (const threads of [0, 2]) {
  t.test(`backup() with ${threads} threads stops when told to, at any point, and leaves nothing behind`, async (t) => {
    const seed = Date.now() % 100_000;
    t.comment(`seed ${seed}`);
    const random = sequence(seed);
    const setting = await makeSetting(t, { threads, local: true });
    fill(setting, 1);
    await setting.run();
    await setting.run({ force: true });
    const descriptors = openDescriptors();
    for (let round = 0; round < 5; round++) {
      fill(setting, 1000 * (round + 2));
      const controller = new AbortController();
      let calls = random(16);
      const hook = () => {
        if (calls-- === 0) controller.abort();
      };
      Object.assign(setting.hooks, { call: hook, ask: hook });
      const before = (await setting.repository.snapshots.list()).length;
      const outcome = await setting.run({ signal: controller.signal }).then(
        () => 'done',
        (error: { code?: string }) => error.code,
      );
      t.equal(outcome, controller.signal.aborted ? 'CANCELLED' : 'done');
      t.same(spooled(setting), [], 'the spool is empty');
      t.equal((await setting.repository.snapshots.list()).length, outcome === 'done' ? before + 1 : before);
    }
    t.ok(openDescriptors() < descriptors + 6, 'no descriptor stays open');
    const last = await setting.run();
    t.equal(last.status, 'complete');
    const kept = await setting.read(last.scopes[0]!);
    t.ok(kept.get('d2/large')!.bytes!.equals(noise(3 * 2 ** 20, 6002)));
  });
}

t.test('backup() cancelled during the walk reads nothing more', async (t) => {
  const setting = await makeSetting(t);
  fill(setting, 1);
  const controller = new AbortController();
  controller.abort();
  await t.rejects(setting.run({ signal: controller.signal }), { code: 'CANCELLED' });
  await setting.run();
  fill(setting, 500);
  const descriptors = openDescriptors();
  const late = new AbortController();
  let time = 0;
  const clock = { now: () => Date.now(), monotonic: () => (time += 11) };
  const run = setting.run({ signal: late.signal, clock, progress: ({ files }) => files > 50 && late.abort() });
  await t.rejects(run, { code: 'CANCELLED' });
  t.equal(openDescriptors(), descriptors, 'no directory stays open');
});

t.test('backup() stops in the middle of a large file', async (t) => {
  const setting = await makeSetting(t, { threads: 1, local: true });
  setting.write('huge', noise(24 * 2 ** 20));
  const controller = new AbortController();
  let asked = 0;
  setting.hooks.ask = (type) => {
    if (type === 'write.known' && ++asked === 3) controller.abort();
  };
  await t.rejects(setting.run({ signal: controller.signal }), { code: 'CANCELLED' });
  t.equal(asked, 3, 'no further question was asked');
  t.same(spooled(setting), []);
});
