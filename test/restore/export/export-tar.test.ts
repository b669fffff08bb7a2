import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { makeSetting } from '../../backup/fixture.js';
import { makeTortureTree } from '../../campaign/torture-tree.js';
import { exportAll, rsyncDifferences, scopesOf, unpack } from '../state-fixture.js';

const MIB = 2 ** 20;

t.test('GNU tar makes of an export what a restore makes: everything a file system holds', async (test) => {
  const setting = await makeSetting(test, { threads: 1 });
  const tree = join(setting.source, 'tree');
  const notMade = makeTortureTree(tree, { entries: 3000, denseBytes: 6 * MIB, hugeBytes: 20 * MIB });
  for (const what of notMade) test.comment(`not made here: ${what}`);
  await setting.run();
  const { manifest } = (await setting.repository.snapshots.list())[0]!;
  const { bytes, problems } = await exportAll(setting.repository, scopesOf(manifest.scopes));
  test.same(
    problems.map(({ path, code, lost }) => ({ name: path.split('/').at(-1), code, lost })),
    [{ name: 'socket', code: 'UNSUPPORTED', lost: false }],
    'only the socket is left out',
  );
  rmSync(join(tree, 'specials/socket'));
  // The directory's time changed with that.
  const restored = unpack(setting.root, 'out', bytes);
  const out = rsyncDifferences(setting.source, join(restored, setting.source));
  test.same(
    out.split('\n').filter((line) => !line.endsWith('specials/')),
    [''],
    'rsync finds nothing to do',
  );
  chmodSync(tree, 0o755);
});
