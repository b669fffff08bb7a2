import t from 'tap';
import { runKeeping } from './keeping-run.js';

t.test('works of one user that mix, are cancelled and die, lose nothing', async (t) => {
  const tally = await runKeeping({ seed: 5, rounds: 80 });
  t.comment(JSON.stringify(tally));
  for (const what of [
    'backup',
    'prune',
    'read',
    'scrub',
    'forget',
    'unforget',
    'repack',
    'checkpoint',
    'checkpoint drops',
    'checkpoint removes',
    'death',
    'death with the index',
  ]) {
    t.ok((tally[what] ?? 0) > 0, `${what}: ${tally[what]} times`);
  }
});
