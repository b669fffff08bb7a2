/**
 * Kills backups, restores and rebuilds at random moments: `node dist/test/campaign/kill.js [--runs N] [--seed S]`.
 * A new vault every `--fresh` runs, so that the very first backup dies as well.
 */
import { numbersFrom } from './arguments.js';
import { KillCampaign } from './kill-campaign.js';
import { canTrace } from './program.js';
import { SeededRandom } from './random.js';
import { removeScratch, scratchDirectory } from './scratch.js';

const { runs, seed, fresh } = numbersFrom(process.argv.slice(2), { runs: 100, seed: 1, fresh: 12 });
const trace = canTrace();
if (!trace) console.log('There is no strace, or it may not trace: processes are killed by the clock alone.');
const tally = new Map<string, number>();
let snapshots = 0;

for (let done = 0; done < runs; ) {
  const random = new SeededRandom(seed + done);
  const root = scratchDirectory('kill');
  const campaign = await KillCampaign.start(root, random, trace);
  try {
    for (let i = 0; i < fresh && done < runs; i++, done++) {
      const { action, damage, death, killed, acknowledged } = await campaign.round();
      const fate = `${killed ? 'killed' : 'lived'}${killed && acknowledged ? ' after its answer' : ''}`;
      console.log(`${done + 1}  ${action}  ${death}  ${fate}${damage ? `  (index ${damage} before)` : ''}`);
      tally.set(`${action} ${fate}`, (tally.get(`${action} ${fate}`) ?? 0) + 1);
      if (damage) tally.set(`index ${damage}`, (tally.get(`index ${damage}`) ?? 0) + 1);
    }
    snapshots += await campaign.finish();
  } catch (error) {
    console.log(
      `BROKEN in run ${done + 1} of seed ${seed}; replay: --seed ${random.seed} --runs ${fresh}. Kept: ${root}`,
    );
    throw error;
  } finally {
    await campaign.close();
  }
  removeScratch(root);
}
console.log(`${snapshots} snapshots, every one restored identical at the end.`);
for (const [what, count] of [...tally].sort()) console.log(`${String(count).padStart(6)}  ${what}`);
