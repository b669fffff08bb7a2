/**
 * Random sequences of edits, backups, stopped backups, restores and index damage, compared with a model:
 * `node dist/test/campaign/model.js [--runs N] [--seed S] [--steps MOST] [--minutes M]`. What fails is shrunk and printed.
 */
import { numbersFrom } from './arguments.js';
import { checkModel } from './model-property.js';

const { runs, seed, steps, minutes } = numbersFrom(process.argv.slice(2), {
  runs: 500,
  seed: 1,
  steps: 60,
  minutes: 60,
});
const done = await checkModel({ runs, seed, steps, limitMs: minutes * 60_000 });
console.log(`${done.runs} sequences of ${done.steps} steps in all, seed ${seed}: ${JSON.stringify(done.tally)}`);
