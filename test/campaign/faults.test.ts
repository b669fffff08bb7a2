import t from 'tap';
import { type Case, casesOf, caseText, FaultCampaign, inOrder } from './faults-campaign.js';
import { parseTrace } from './faults-program.js';
import { SCENES, Stock } from './faults-scenes.js';
import { canTrace } from './program.js';
import { SeededRandom } from './random.js';
import { fastScratchDirectory, removeScratch } from './scratch.js';

const SEED = 3;
const SKIP = canTrace() ? false : 'faults are injected by strace, which is not here or may not trace';

t.test('whichever storage call fails, nothing is lost and the next command works', { skip: SKIP }, async (t) => {
  const root = fastScratchDirectory('faults');
  t.teardown(() => removeScratch(root));
  const stock = new Stock(root);
  await stock.fill(new SeededRandom(SEED));
  const campaign = await FaultCampaign.create(stock);
  t.teardown(() => campaign.close());
  const fates = new Set<string>();
  for (const scene of SCENES) {
    const cases = inOrder(await casesOf(stock, scene), SEED);
    t.ok(cases.length > 20, `${scene.name}: ${cases.length} cases`);
    for (const effect of ['KILL', 'EIO', 'ENOSPC'] as const) {
      if (effect !== 'KILL' && !scene.commits) continue;
      const one = cases.find(({ fault }) => fault.effect === effect) as Case;
      const fate = await campaign.run(one);
      fates.add(fate);
      t.pass(`${caseText(one)}: ${fate}`);
    }
  }
  const scene = SCENES.find(({ name }) => name === 'daemon')!;
  const untold = { call: 'pwrite64', number: 1, effect: 'ENOSPC', onwards: false, paths: [] } as const;
  const fate = await campaign.run({ scene, fault: untold });
  t.equal(fate, 'did not start', 'a daemon that cannot say where it answers keeps nobody else out');
  t.ok(fates.has('killed') && fates.size > 1, [...fates].join(', '));
});

t.test('parseTrace() counts calls in each thread and knows their files', async (t) => {
  const trace = [
    '11 write(3<anon_inode:[eventfd]>, ""..., 8) = 8',
    '12 fsync(4</v/users> <unfinished ...>',
    '11 write(5</v/index/3.log>, ""..., 9 <unfinished ...>',
    '12 <... fsync resumed>) = 0',
    '11 unlinkat(6</t>, "a", 0) = 0',
    '12 link("/v/tmp/1", "/v/users/1") = -1 ENOENT (No such file or directory)',
    '12 fsync(1</dev/null>) = -1 EINVAL (Invalid argument)',
  ].join('\n');
  t.same(parseTrace(trace, ['/v', '/t']), [
    { call: 'fsync', number: 1, path: '/v/users', thread: '12' },
    { call: 'write', number: 2, path: '/v/index/3.log', thread: '11' },
    { call: 'unlinkat', number: 1, path: '/t/a', thread: '11' },
    { call: 'link', number: 1, path: '/v/tmp/1', thread: '12' },
  ]);
});
