import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openVault } from '../../src/vault/index.js';
import { restoreNewest } from '../reference/reader.js';
import { FAULTS } from './faults.js';
import { keptOf } from './keeping-vault.js';
import { listTree } from './listing.js';
import { restoreSnapshot } from './restoring.js';
import { copyGolden, type ExpectedKeeping, GOLDEN, KEEPING, USER, VAULTS } from './vaults.js';

function directories(path: string): string[] {
  const entries = readdirSync(path, { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
}

t.test('every golden vault that is there is tested', async (t) => {
  t.same(directories(GOLDEN), [...VAULTS, KEEPING, 'damaged'].sort());
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

t.test('the program finds in a kept vault all that it was left with', async (t) => {
  const { root, vault: path, keyFile, expected } = copyGolden<ExpectedKeeping>(t, KEEPING);
  const vault = await openVault({ path, keyFile });
  const user = await vault.openUser(USER);
  t.same(user.rebuilt?.problems, []);
  const kept = await keptOf(user);
  t.same(kept, expected.kept);
  t.ok(kept.some(({ forgotten }) => forgotten));
  t.ok(kept.some(({ pinned }) => pinned) && kept.some(({ ended }) => ended.length > 0));
  t.ok(kept.some(({ scopes }) => scopes.includes('session:s2') && scopes.includes('collection:user_config')));
  const kinds = new Set<string>();
  let buried = 0;
  for await (const { entry } of user.log.newestFirst()) {
    kinds.add(entry.kind);
    if (entry.kind === 'checkpoint') buried += entry.body.packs.length;
  }
  t.ok(buried > 0, 'what was pruned is told by the checkpoint');
  t.ok(kinds.has('checkpoint') && kinds.has('manifest'), [...kinds].join());
  user.close();
  await vault.close();
  const target = join(root, 'target');
  await restoreSnapshot({ vault: path, keyFile, user: USER, snapshot: kept.at(-1)!.id, target });
  t.same(listTree(join(target, expected.scope)), expected.tree);
});

t.test('the reference reader restores a kept vault', async (t) => {
  const { root, vault, keyFile, expected } = copyGolden<ExpectedKeeping>(t, KEEPING);
  const target = join(root, 'target');
  t.same(await restoreNewest(vault, keyFile, USER, target), []);
  t.same(listTree(join(target, expected.scope)), expected.tree);
});
