import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { restoreNewest } from '../reference/reader.js';
import { FAULTS } from './faults.js';
import { listTree } from './listing.js';
import { restoreSnapshot } from './restoring.js';
import { copyGolden, GOLDEN, USER, VAULTS } from './vaults.js';

function directories(path: string): string[] {
  const entries = readdirSync(path, { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
}

t.test('every golden vault that is there is tested', async (t) => {
  t.same(directories(GOLDEN), [...VAULTS, 'damaged'].sort());
  t.same(directories(join(GOLDEN, 'damaged')), FAULTS.map(({ name }) => name).sort());
});

for (const name of VAULTS) {
  t.test(`the program restores ${name}`, async (t) => {
    const { root, vault, keyFile, expected } = copyGolden(t, name);
    t.equal(expected.snapshots.length, 2);
    for (const { id, tree } of expected.snapshots) {
      const target = join(root, id);
      await restoreSnapshot({ vault, keyFile, user: USER, snapshot: id, target });
      t.same(listTree(join(target, expected.scope)), tree, id);
    }
  });

  t.test(`the reference reader restores ${name}`, async (t) => {
    const { root, vault, keyFile, expected } = copyGolden(t, name);
    const target = join(root, 'target');
    t.same(await restoreNewest(vault, keyFile, USER, target), []);
    t.same(listTree(join(target, expected.scope)), expected.snapshots.at(-1)?.tree);
  });
}
