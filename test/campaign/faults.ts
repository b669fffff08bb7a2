/**
 * Faults at every storage call of every command: the process killed there, an error of the disk, no space from there on.
 * `node dist/test/campaign/faults.js [--seed S] [--runs N]`: all of them in the seed's order, or the first N.
 * `… faults.js --case 'next backup: EIO at link 3'`: this one.
 */
import { numbersFrom } from './arguments.js';
import { type Case, casesOf, caseText, FaultCampaign, inOrder } from './faults-campaign.js';
import { SCENES, Stock } from './faults-scenes.js';
import { canTrace } from './program.js';
import { SeededRandom } from './random.js';
import { fastScratchDirectory, removeScratch } from './scratch.js';

if (!canTrace()) {
  console.error('Faults are injected by strace, which is not here or may not trace.');
  process.exit(1);
}
const args = process.argv.slice(2);
const at = args.indexOf('--case');
const only = at < 0 ? undefined : args.splice(at, 2)[1];
const { seed, runs } = numbersFrom(args, { seed: 1, runs: 1_000_000 });
const root = fastScratchDirectory('faults');
const stock = new Stock(root);
await stock.fill(new SeededRandom(seed));
const all: Case[] = [];
for (const scene of SCENES) all.push(...(await casesOf(stock, scene)));
const chosen = inOrder(all, seed)
  .filter((one) => only === undefined || caseText(one) === only)
  .slice(0, runs);
console.log(`seed ${seed}: ${chosen.length} of ${all.length} cases in ${SCENES.length} scenes`);

const campaign = await FaultCampaign.create(stock);
const tally = new Map<string, number>();
const broken: string[] = [];
for (const [index, one] of chosen.entries()) {
  let fate: string;
  try {
    fate = await campaign.run(one);
  } catch (error) {
    fate = 'BROKEN';
    broken.push(caseText(one));
    console.log(`BROKEN  ${caseText(one)}: ${error instanceof Error ? error.message : error}`);
  }
  const key = `${one.scene.name.padEnd(14)}${one.fault.effect.padEnd(8)}${one.fault.call.padEnd(11)}${fate}`;
  tally.set(key, (tally.get(key) ?? 0) + 1);
  if ((index + 1) % 50 === 0) console.log(`${index + 1} done, last: ${caseText(one)}: ${fate}`);
}
await campaign.close();
removeScratch(root);
for (const [what, count] of [...tally].sort()) console.log(`${String(count).padStart(6)}  ${what}`);
if (broken.length > 0) {
  console.log(`${broken.length} BROKEN; one again: --seed ${seed} --case '${broken[0]}'`);
  process.exitCode = 1;
} else console.log('Nothing acknowledged was lost, and nothing stood in the way of the next command.');
