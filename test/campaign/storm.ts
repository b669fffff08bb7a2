/**
 * Kills daemons while sessions end from many sides: `node dist/test/campaign/storm.js [--runs N] [--seed S]`. A new vault every `--fresh`
 * runs. After each kill: everything acknowledged is there, nothing twice, what was promised is done or queued.
 */
import { numbersFrom } from './arguments.js';
import { SeededRandom } from './random.js';
import { removeScratch, scratchDirectory } from './scratch.js';
import { StormCampaign } from './storm-campaign.js';

const { runs, seed, fresh } = numbersFrom(process.argv.slice(2), { runs: 200, seed: 1, fresh: 20 });
let answers = 0;
let cutOff = 0;
let compared = 0;

for (let done = 0; done < runs; ) {
  const random = new SeededRandom(seed + done);
  const root = scratchDirectory('storm');
  const campaign = new StormCampaign(root, random);
  try {
    for (let i = 0; i < fresh && done < runs; i++, done++) {
      const storm = await campaign.round();
      console.log(`${done + 1}  ${storm.answers} answers, ${storm.cutOff} cut off, ${storm.snapshots} snapshots`);
      answers += storm.answers;
      cutOff += storm.cutOff;
    }
    compared += await campaign.finish();
  } catch (error) {
    console.log(`BROKEN in run ${done + 1}; replay: --seed ${random.seed} --runs ${fresh}. Kept: ${root}`);
    throw error;
  } finally {
    await campaign.close();
  }
  removeScratch(root);
}
console.log(
  `${runs} kills: ${answers} answers, ${cutOff} calls cut off; ${compared} acknowledged snapshots came back as sent.`,
);
