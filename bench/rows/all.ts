import type { Row } from '../row.js';
import { firstBackupAbsolute, firstBackupCpu, firstBackupWall } from './first-backup.js';
import { oldHistory, pruneOne, smallSnapshots } from './keeping.js';
import { latency } from './latency.js';
import { nextRelease, unchanged } from './later-backup.js';
import { peakMemory } from './memory.js';
import { restoreAbsolute, restoreWall } from './restore.js';
import { sessionCommand, sessionEnd, sessionRestore, sessionSmaller } from './session.js';
import { smaller, storedBytes } from './stored.js';
import { manyUsers, usersAtOnce } from './users.js';

export const ROWS: readonly Row[] = [
  firstBackupWall,
  firstBackupCpu,
  unchanged,
  nextRelease,
  storedBytes,
  restoreWall,
  peakMemory,
  firstBackupAbsolute,
  restoreAbsolute,
  smaller,
  latency,
  sessionEnd,
  sessionRestore,
  sessionSmaller,
  sessionCommand,
  usersAtOnce,
  manyUsers,
  oldHistory,
  smallSnapshots,
  pruneOne,
];

/** The row of that name, or every row of the workload of that name, or all for `all`; throws on any other name. */
export function rowsNamed(name: string): readonly Row[] {
  const rows = ROWS.filter((row) => name === 'all' || row.name === name.toUpperCase() || row.workload === name);
  if (rows.length === 0) throw new Error(`Unknown row "${name}". See --list.`);
  return rows;
}
