import t from 'tap';
import { checkModel } from './model-property.js';

const OPTIONS = { runs: 25, seed: 31, steps: 50, limitMs: 200_000 };

t.test('sequences of edits, backups, restores and accidents end as the model has it', async (t) => {
  const { runs, steps, tally } = await checkModel(OPTIONS);
  t.equal(runs, OPTIONS.runs, `${steps} steps with seed ${OPTIONS.seed}`);
  t.comment(JSON.stringify(tally));
  for (const what of [
    'backup',
    'backup that is stopped',
    'restore',
    'restore one path',
    'damage the index',
    'rebuild',
  ]) {
    t.ok((tally[what] ?? 0) > 0, `${what}: ${tally[what]} times`);
  }
});
