import t from 'tap';
import { runTorture } from './torture-run.js';

const MIB = 2 ** 20;

t.test('a restored tree of everything a file system holds is equal to the original', async (t) => {
  const result = await runTorture({ entries: 20_000, denseBytes: 20 * MIB, hugeBytes: 20 * MIB });
  for (const what of result.notMade) t.comment(`not made here: ${what}`);
  t.comment(`milliseconds: ${JSON.stringify(result.durationsMs)}`);
  t.same(result.problems, [], 'nothing was left out or incomplete');
  t.equal(result.rsync, '', 'rsync finds nothing to do');
  t.same(result.differs, [], 'the own comparison finds nothing either');
  t.same(result.differsDeep, [], 'nor below a path that is too long to name');
  t.same(result.grown, [], 'holes are holes again');
});
