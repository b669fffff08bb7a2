import t from 'tap';
import { runYears } from './years-run.js';

t.test(
  'what is needed stays, and what is not goes, through months of sessions, prunes, deaths and wrong clocks',
  async (t) => {
    const tally = await runYears({ seed: 5, users: 2, days: 220 });
    t.comment(JSON.stringify(tally));
    for (const what of [
      'backup',
      'retention forgets',
      'prune',
      'repack',
      'purge',
      'scrub',
      'read',
      'death',
      'death with the index',
    ]) {
      t.ok((tally[what] ?? 0) > 0, `${what}: ${tally[what]} times`);
    }
  },
);
