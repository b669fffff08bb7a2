import t from 'tap';
import { SeededRandom } from './random.js';
import { removeScratch, scratchDirectory } from './scratch.js';
import { StormCampaign } from './storm-campaign.js';

const SEED = 7;
const KILLS = 4;

t.test('a daemon killed while sessions end loses none that was acknowledged, and makes none twice', async (t) => {
  const root = scratchDirectory('storm');
  t.teardown(() => removeScratch(root));
  t.comment(`seed ${SEED}`);
  const campaign = new StormCampaign(root, new SeededRandom(SEED));
  t.teardown(() => campaign.close());
  let answers = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const storm = await campaign.round();
    answers += storm.answers;
    t.pass(`${storm.answers} answers, ${storm.cutOff} cut off, ${storm.snapshots} snapshots`);
  }
  t.ok(answers > KILLS, `${answers} answers`);
  t.ok((await campaign.finish()) > 0, 'and what was acknowledged comes back as it was sent');
});
