/**
 * Backups, prunes, readers, scrubs and forgets of one user at the same time, cancelled and killed by chance:
 * `node dist/test/campaign/keeping.js [--seed S] [--rounds N]`. What fails says in which round.
 */
import { numbersFrom } from './arguments.js';
import { runKeeping } from './keeping-run.js';

const { seed, rounds } = numbersFrom(process.argv.slice(2), { seed: 1, rounds: 10_000 });
const tally = await runKeeping({ seed, rounds });
console.log(`${rounds} rounds, seed ${seed}: ${JSON.stringify(tally)}`);
