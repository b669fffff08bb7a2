import t from 'tap';
import { createEngine } from '../../src/engine/index.js';
import { parseObjectName } from '../../src/format/index.js';
import { makeFlipVault } from './flip-vault.js';
import { AllFlips, FlipCampaign } from './flips.js';
import { SeededRandom } from './random.js';
import { fastScratchDirectory, removeScratch } from './scratch.js';

const SEED = 20_240_607;

t.test('a flipped bit is detected and its object named, or it changes nothing that is restored', async (t) => {
  const root = fastScratchDirectory('flips');
  t.teardown(() => removeScratch(root));
  const engine = await createEngine({ threads: 0 });
  t.teardown(() => engine.close());
  const made = await makeFlipVault(root, engine);
  const all = new AllFlips(made.objects);
  for (const [place, count] of [
    ['memory', 1200],
    ['files', 60],
  ] as const) {
    const random = new SeededRandom(SEED);
    const campaign = new FlipCampaign(made, root, engine, place);
    const tally = { detected: 0, harmless: 0, wrong: 0 };
    const seen = new Set<string | undefined>();
    for (let i = 0; i < count; i++) {
      const flip = all.at(random.below(all.count));
      const verdict = await campaign.try(flip);
      tally[verdict.outcome]++;
      if (verdict.outcome === 'detected') seen.add(parseObjectName(flip.object)?.type);
      if (verdict.outcome === 'wrong') t.fail(`${flip.object} byte ${flip.byte} bit ${flip.bit}: ${verdict.why}`);
    }
    await campaign.close();
    t.comment(`${place}, seed ${SEED}: ${JSON.stringify(tally)}`);
    t.equal(tally.wrong, 0, `no flip of ${count} in ${place} was taken for good`);
    t.ok(tally.detected > count / 4, 'most were detected');
    // Of what is kept twice the other copy is taken.
    if (place === 'memory') t.ok(seen.has('log') && seen.has('pack'), 'of every kind of object that is kept once');
  }
});

t.test('a copy of a key bundle that seems to be newer is passed over for the other', async (t) => {
  const root = fastScratchDirectory('flips');
  t.teardown(() => removeScratch(root));
  const engine = await createEngine({ threads: 0 });
  t.teardown(() => engine.close());
  const made = await makeFlipVault(root, engine);
  const campaign = new FlipCampaign(made, root, engine);
  const bundles = [...made.objects.keys()].filter((name) => parseObjectName(name)?.type === 'bundle');
  t.equal(bundles.length, 2);
  for (const object of bundles)
    t.same(await campaign.try({ object, byte: 4, bit: 0 }), { outcome: 'harmless' }, object);
  await campaign.close();
});
