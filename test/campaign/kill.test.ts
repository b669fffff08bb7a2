import t from 'tap';
import { KillCampaign } from './kill-campaign.js';
import { canTrace } from './program.js';
import { SeededRandom } from './random.js';
import { removeScratch, scratchDirectory } from './scratch.js';

const SEED = 4;
const RUNS = 12;

t.test('whatever is killed, everything acknowledged restores and the next command works', async (t) => {
  const root = scratchDirectory('kill');
  t.teardown(() => removeScratch(root));
  const trace = canTrace();
  t.comment(
    `seed ${SEED}; ${trace ? 'killed by the clock and at system calls' : 'killed by the clock, there is no strace'}`,
  );
  const campaign = await KillCampaign.start(root, new SeededRandom(SEED), trace);
  t.teardown(() => campaign.close());
  let killed = 0;
  for (let run = 0; run < RUNS; run++) {
    const round = await campaign.round();
    if (round.killed) killed++;
    t.pass(`${round.action}, ${round.death}, index ${round.damage ?? 'sound'}: ${round.killed ? 'killed' : 'lived'}`);
  }
  t.ok(killed > RUNS / 4, `${killed} of ${RUNS} commands died`);
  t.ok((await campaign.finish()) > 0, 'every snapshot restored identical');
});
