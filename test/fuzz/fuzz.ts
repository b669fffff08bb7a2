/**
 * Everything that reads what anybody may have made, against bytes that nobody would make: `node dist/test/fuzz/fuzz.js [--cases COUNT
 * --seed S] [--target NAME] [--case I]`. Cases are of each target.
 */
import { numbersFrom } from '../campaign/arguments.js';
import { fuzzWatched } from './fuzz-watch.js';

const args = process.argv.slice(2);
const at = args.indexOf('--target');
const names = at < 0 ? [] : args.splice(at, 2).slice(1);
const { cases, seed, case: only } = numbersFrom(args, { cases: 100_000, seed: 1, case: -1 });
const { failures } = await fuzzWatched({ seed, cases, only, names }, ({ name, taken, refused, failures: found }) => {
  console.log(`${name}: ${taken} taken, ${refused} refused, ${found.length} failures`);
});
for (const failure of failures.slice(0, 40)) console.log(failure);
process.exitCode = failures.length > 0 ? 1 : 0;
