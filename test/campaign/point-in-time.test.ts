import t from 'tap';
import { runHistories } from './point-in-time-run.js';

const OPTIONS = { histories: 50, seed: 4100, steps: 25, looks: 3 };

t.test('states of random moments in random histories are as the model has them', async (t) => {
  const tally = await runHistories(OPTIONS);
  t.comment(`${OPTIONS.histories} histories from seed ${OPTIONS.seed} on: ${JSON.stringify(tally)}`);
  for (const what of [
    'session',
    'collections',
    'paths',
    'everything',
    'end',
    'forget',
    'asked: at',
    'asked: items',
    'asked: at, restored',
  ]) {
    t.ok((tally[what] ?? 0) > 0, `${what}: ${tally[what]} times`);
  }
});
