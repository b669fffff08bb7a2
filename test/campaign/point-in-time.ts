/**
 * Random histories of sessions, records, collections, paths, ends and forgets, and states of random moments, compared with a model:
 * `node dist/test/campaign/point-in-time.js [--histories N] [--seed S] [--steps MOST] [--looks N]`.
 */
import { numbersFrom } from './arguments.js';
import { runHistories } from './point-in-time-run.js';

const options = numbersFrom(process.argv.slice(2), { histories: 2000, seed: 1, steps: 25, looks: 3 });
const tally = await runHistories(options);
console.log(`${options.histories} histories from seed ${options.seed} on: ${JSON.stringify(tally)}`);
