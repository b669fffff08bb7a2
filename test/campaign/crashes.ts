/**
 * Explores what crashes can leave of a vault: `node dist/test/campaign/crashes.js [--states N] [--seed S] [--chances C]`.
 * Histories are recorded on a disk in memory, one after another, until N distinct states were looked at.
 */
import { loadCodecs } from '../../src/codec/index.js';
import { createEngine } from '../../src/engine/index.js';
import { numbersFrom } from './arguments.js';
import { exploreHistory } from './crash-explore.js';
import { recordHistory } from './crash-history.js';
import { SeededRandom } from './random.js';
import { fastScratchDirectory, removeScratch } from './scratch.js';

const { states, seed, chances } = numbersFrom(process.argv.slice(2), { states: 50_000, seed: 1, chances: 12 });
await loadCodecs();
const engine = await createEngine({ threads: 0 });
const tally = new Map<string, number>();
let looked = 0;
let disks = 0;
let found = 0;
for (let history = 0; looked < states; history++) {
  const random = new SeededRandom(seed + history);
  const root = fastScratchDirectory('crashes');
  const recorded = await recordHistory(root, random, engine);
  console.log(`seed ${random.seed}: ${recorded.operations.length} operations, ${recorded.snapshots.size} snapshots`);
  const outcome = await exploreHistory(recorded, {
    root,
    engine,
    random,
    chances,
    most: states - looked,
    againEvery: 150,
  });
  looked += outcome.states;
  disks += outcome.disks;
  found += outcome.broken.length;
  for (const [how, count] of outcome.tally) tally.set(how, (tally.get(how) ?? 0) + count);
  console.log(`${looked} states, of ${disks} disks`);
  for (const { what } of outcome.broken.slice(0, 20)) console.log(`BROKEN, seed ${random.seed}: ${what}`);
  removeScratch(root);
}
await engine.close();
for (const [how, count] of [...tally].sort()) console.log(`${String(count).padStart(7)}  ${how}`);
console.log(`${looked} distinct states, of ${disks} disks; ${found} broken.`);
if (found > 0) process.exitCode = 1;
