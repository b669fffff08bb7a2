import { join } from 'node:path';
import t from 'tap';
import { isBitacoraError, type Logger, silentLogger } from '../../src/base/index.js';
import { restoreNewest } from '../reference/reader.js';
import { FAULTS } from './faults.js';
import { listTree } from './listing.js';
import { restoreSnapshot } from './restoring.js';
import { type Copy, copyGolden, type ExpectedFault, USER } from './vaults.js';

interface Answer {
  /** What the restore failed with. */
  readonly code: string | null;
  /** The codes that were logged as errors, of the objects named. */
  readonly told: readonly unknown[];
}

/** Restores the newest snapshot of a vault that has no index. */
async function restoreDamaged({ root, vault, keyFile, expected }: Copy): Promise<Answer> {
  const snapshot = expected.snapshots.at(-1)?.id ?? '';
  const told: unknown[] = [];
  const error: Logger['error'] = (_, fields = {}) => void (fields.object && told.push(fields.code));
  const logger = { ...silentLogger, error };
  try {
    await restoreSnapshot({ vault, keyFile, user: USER, snapshot, target: join(root, 'target'), logger });
    return { code: null, told };
  } catch (error) {
    if (isBitacoraError(error)) return { code: error.code, told };
    throw error;
  }
}

for (const { name, fault } of FAULTS) {
  t.test(`the program answers when ${fault}`, async (t) => {
    const copy = copyGolden<ExpectedFault>(t, join('damaged', name));
    const { code, told, snapshots, scope } = copy.expected;
    t.same(await restoreDamaged(copy), { code, told: told === null ? [] : [told] });
    if (code === null) t.same(listTree(join(copy.root, 'target', scope)), snapshots.at(-1)?.tree);
  });

  t.test(`the reference reader answers when ${fault}`, async (t) => {
    const { root, vault, keyFile, expected } = copyGolden<ExpectedFault>(t, join('damaged', name));
    const target = join(root, 'target');
    const reading = restoreNewest(vault, keyFile, USER, target);
    if (expected.reader === 'stops') {
      await t.rejects(reading);
      return;
    }
    t.equal((await reading).length > 0, expected.reader === 'warns');
    t.same(listTree(join(target, expected.scope)), expected.snapshots.at(-1)?.tree);
  });
}
