import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { KillCampaign } from './kill-campaign.js';
import { canTrace, type Death, runProgram } from './program.js';
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

t.test('an init that was killed half-way is simply done again', async (t) => {
  const root = scratchDirectory('kill');
  t.teardown(() => removeScratch(root));
  const init = (death: Death) =>
    runProgram(['--vault', join(root, 'vault'), '--key-file', join(root, `key${keys++}`), 'init'], death);
  let keys = 0;
  if (canTrace()) {
    const ended = await init({ how: 'call', calls: 'link,linkat', number: 1 });
    t.ok(ended.killed, 'it died before the vault had its file');
    t.equal(readdirSync(join(root, 'vault/tmp')).length, 1, 'and left an unfinished one');
  }
  t.equal((await init({ how: 'none' })).exitCode, 0);
});
