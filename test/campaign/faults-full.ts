/**
 * Backups on a disk of 64 MiB that runs full at varying points: `node dist/test/campaign/faults-full.js [--runs N] [--seed S]`.
 * Mounts a disk in memory, which takes root.
 */
import { join } from 'node:path';
import { numbersFrom } from './arguments.js';
import { FullDiskCampaign, SmallDisk } from './faults-full-disk.js';
import { SeededRandom } from './random.js';
import { fastScratchDirectory, removeScratch } from './scratch.js';

const ROUNDS_A_DISK = 10;

const { runs, seed } = numbersFrom(process.argv.slice(2), { runs: 50, seed: 1 });
const tally = new Map<string, number>();
for (let done = 0; done < runs; ) {
  const random = new SeededRandom(seed + done);
  const root = fastScratchDirectory('full');
  const disk = SmallDisk.mount(join(root, 'disk'), 64);
  if (!disk) {
    removeScratch(root);
    console.error('Nothing may be mounted here; run as root.');
    process.exit(1);
  }
  try {
    const campaign = await FullDiskCampaign.start(root, random, disk);
    for (let i = 0; i < ROUNDS_A_DISK && done < runs; i++, done++) {
      const { freePages, fate } = await campaign.round();
      console.log(`${done + 1}  ${freePages} pages free: ${fate}`);
      tally.set(fate, (tally.get(fate) ?? 0) + 1);
    }
    console.log(`${await campaign.finish()} snapshots, every one restored identical.`);
  } catch (error) {
    console.log(`BROKEN in run ${done + 1}; replay: --seed ${random.seed} --runs ${ROUNDS_A_DISK}.`);
    throw error;
  } finally {
    disk.unmount();
    removeScratch(root);
  }
}
for (const [fate, count] of [...tally].sort()) console.log(`${String(count).padStart(6)}  ${fate}`);
