import t, { type Test } from 'tap';
import { isBitacoraError } from '../../src/base/index.js';
import { type FaultEffect, type FaultPlan, MemoryBackend, withFaults, withRecord } from '../../src/storage/index.js';
import { makeSetting, noise, objects, type Setting } from './fixture.js';

/** A backend whose puts go as planned once `arm` was called; the n-th from then on fails. */
function faulty(): {
  backend: ReturnType<typeof withFaults>;
  arm(effect: FaultEffect, nth: number): void;
  hits(): number;
} {
  let armed: { readonly effect: FaultEffect; readonly nth: number } | undefined;
  let count = 0;
  let hits = 0;
  const plan: FaultPlan = ({ verb }) => {
    if (verb !== 'put' || !armed || ++count !== armed.nth) return undefined;
    hits++;
    return armed.effect;
  };
  return {
    backend: withFaults(new MemoryBackend(), plan),
    arm(effect, nth) {
      armed = { effect, nth };
      count = 0;
    },
    hits: () => hits,
  };
}

function fill(setting: Setting, seed: number): void {
  for (let i = 0; i < 40; i++) setting.write(`small/${i}`, noise(3000, seed + i));
  setting.write('large', noise(9 * 2 ** 20, seed));
}

/** Every acknowledged snapshot is there to the last byte. */
async function readAll(t: Test, setting: Setting): Promise<void> {
  for (const { manifest } of await setting.repository.snapshots.list()) {
    const kept = await setting.read(manifest.scopes[0]!);
    t.equal(kept.size, 43);
    t.equal(kept.get('large')!.bytes!.length, 9 * 2 ** 20);
  }
}

for (const effect of ['io', 'no-space', 'unknown', 'timeout'] as const) {
  t.test(`backup() whose n-th put fails with ${effect} is whole or not there`, async (t) => {
    const { backend, arm, hits } = faulty();
    const setting = await makeSetting(t, { backend, threads: 2 });
    for (let nth = 1; ; nth++) {
      fill(setting, nth * 1000);
      arm(effect, nth);
      const acknowledged = (await setting.repository.snapshots.list()).length;
      const before = hits();
      const error = await setting.run().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      const listed = await setting.repository.snapshots.list();
      if (error === undefined) t.equal(listed.length, acknowledged + 1);
      else {
        t.ok(isBitacoraError(error), String(error));
        t.match(error, {
          code: { io: 'BACKEND_FAILED', 'no-space': 'NO_SPACE', unknown: 'OBJECT_UNKNOWN', timeout: 'BACKEND_FAILED' }[
            effect
          ],
        });
        t.equal(listed.length, acknowledged, 'nothing was committed');
      }
      // The put that fails may be any of three or four packs, or the manifest, which is put again.
      if (hits() === before) break;
      t.ok(nth < 8);
    }
    t.ok(hits() >= 3);
    arm('io', -1);
    await setting.reopen();
    await setting.run();
    await readAll(t, setting);
  });
}

t.test('backup() puts its packs first and its manifest last', async (t) => {
  const backend = withRecord(new MemoryBackend());
  const setting = await makeSetting(t, { backend, threads: 2 });
  fill(setting, 1);
  backend.calls.length = 0;
  const report = await setting.run();
  const puts = backend.calls.filter(({ verb }) => verb === 'put').map(({ name }) => name);
  t.equal(puts.length, report.packs + 1);
  t.match(puts.at(-1), /\/log\//);
  for (const name of puts.slice(0, -1)) t.match(name, /\/packs\//);
  t.equal((await objects(setting, 'packs')).length, report.packs);
});

t.test('backup() of a small tree is one pack, whatever it holds', async (t) => {
  const setting = await makeSetting(t, { threads: 2 });
  for (let i = 0; i < 900; i++) setting.write(`d${i % 30}/${i}`, noise(i * 4, i + 1));
  setting.write('large', noise(1.7 * 2 ** 20));
  t.equal((await setting.run()).packs, 1);
  setting.write('d1/1', 'changed');
  t.equal((await setting.run()).packs, 1);
});
