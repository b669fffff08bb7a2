/**
 * Restores against somebody who swaps directories and files for links while they run: `node dist/test/hostile/races.js
 * [--races COUNT --seed S --threads N]`, and the same with BITACORA_NO_NATIVE=1.
 */
import { numbersFrom } from '../campaign/arguments.js';
import { raceRestores } from './race-run.js';

const options = numbersFrom(process.argv.slice(2), { races: 10_000, seed: 1, threads: 1 });
const result = await raceRestores(options);
console.log(JSON.stringify(result));
process.exitCode = result.changed.length > 0 ? 1 : 0;
