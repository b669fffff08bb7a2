/**
 * Ten years of fifty users: `node dist/test/campaign/years.js [--seed S] [--users N] [--days D]`. What fails says with which seed and on which
 * day; the same command finds it again.
 */
import { numbersFrom } from './arguments.js';
import { runYears } from './years-run.js';

const { seed, users, days } = numbersFrom(process.argv.slice(2), { seed: 1, users: 50, days: 3650 });
const tally = await runYears({
  seed,
  users,
  days,
  onDay: (day, so) => {
    if (day % 100 === 99) console.log(`day ${day + 1}: ${JSON.stringify(so)}`);
  },
});
console.log(`${days} days of ${users} users, seed ${seed}: ${JSON.stringify(tally)}`);
