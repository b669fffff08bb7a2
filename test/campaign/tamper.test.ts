import t from 'tap';
import { createEngine } from '../../src/engine/index.js';
import { fastScratchDirectory, removeScratch } from './scratch.js';
import { MODES } from './tamper-campaign.js';
import { runTamperCases } from './tamper-run.js';

const SEED = 20_261_124;
const CASES = 100;

t.test('storage that was tampered with is noticed, named, and never restored as something else', async (t) => {
  const root = fastScratchDirectory('tamper');
  t.teardown(() => removeScratch(root));
  const engine = await createEngine({ threads: 0 });
  t.teardown(() => engine.close());
  const cases = Array.from({ length: CASES }, (_, i) => i);
  const { tally, wrong } = await runTamperCases(root, engine, SEED, cases);
  t.same(wrong, []);
  const count = (pattern: RegExp) =>
    [...tally].filter(([key]) => pattern.test(key)).reduce((sum, [, times]) => sum + times, 0);
  for (const mode of MODES) t.ok(count(new RegExp(`, ${mode}: detected`)) > CASES / 8, `many were detected, ${mode}`);
  t.ok(count(/, cold: detected/) > CASES / 2, 'most were detected by a machine that knows nothing');
  t.ok(count(/, warm: rolled back, told/) > 0, 'who knew a later state was told of a rollback');
});
