/**
 * Every single-bit flip of every object of a small vault: `node dist/test/campaign/bit-flips.js [--shards N --shard I]
 * [--flips COUNT --seed S]`. Without a count every bit is flipped once; shard I of 8 is bit I of every byte.
 */
import { createEngine } from '../../src/engine/index.js';
import { parseObjectName } from '../../src/format/index.js';
import { numbersFrom } from './arguments.js';
import { makeFlipVault } from './flip-vault.js';
import { AllFlips, type Flip, FlipCampaign, type Verdict } from './flips.js';
import { SeededRandom } from './random.js';
import { fastScratchDirectory, removeScratch } from './scratch.js';

const SHOWN_MAX = 20;

const { shards, shard, flips, seed } = numbersFrom(process.argv.slice(2), { shards: 1, shard: 0, flips: 0, seed: 1 });
const root = fastScratchDirectory('flips');
const engine = await createEngine({ threads: 0 });
const tally = new Map<string, number>();
const ranges = new Map<string, [number, number][]>();
let wrongs = 0;

try {
  const made = await makeFlipVault(root, engine);
  const all = new AllFlips(made.objects);
  for (const [name, bytes] of made.objects) console.log(`${String(bytes.length).padStart(7)} bytes  ${name}`);
  const random = new SeededRandom(seed);
  const total = flips > 0 ? flips : Math.ceil((all.count - shard) / shards);
  console.log(`${total} of ${all.count} flips`);
  const campaign = new FlipCampaign(made, root, engine);
  for (let i = 0; i < total; i++) {
    const flip = all.at(flips > 0 ? random.below(all.count) : i * shards + shard);
    note(flip, await campaign.try(flip));
    if (i % 5000 === 4999) console.log(`${i + 1} flips, ${wrongs} wrong`);
  }
  await campaign.close();
} finally {
  await engine.close();
  removeScratch(root);
}

for (const key of [...tally.keys()].sort()) console.log(`${String(tally.get(key)).padStart(8)}  ${key}`);
if (flips === 0) {
  for (const [object, parts] of ranges) {
    console.log(`harmless: ${object} bytes ${parts.map(([from, to]) => `${from}–${to}`).join(', ')}`);
  }
}
process.exitCode = wrongs > 0 ? 1 : 0;

function note({ object, byte, bit }: Flip, verdict: Verdict): void {
  const type = parseObjectName(object)?.type ?? 'other';
  const what = verdict.outcome === 'detected' ? `detected (${verdict.codes.join(', ')})` : verdict.outcome;
  tally.set(`${type}: ${what}`, (tally.get(`${type}: ${what}`) ?? 0) + 1);
  if (verdict.outcome === 'harmless') noteHarmless(object, byte);
  if (verdict.outcome !== 'wrong') return;
  wrongs++;
  if (wrongs <= SHOWN_MAX) console.log(`WRONG  ${object} byte ${byte} bit ${bit}: ${verdict.why}`);
}

function noteHarmless(object: string, byte: number): void {
  const parts = ranges.get(object) ?? [];
  const last = parts.at(-1);
  if (last && byte <= last[1] + 1) last[1] = Math.max(last[1], byte);
  else parts.push([byte, byte]);
  ranges.set(object, parts);
}
