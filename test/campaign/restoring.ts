import { backup } from '../../src/backup/index.js';
import { silentLogger, systemClock, systemRandom } from '../../src/base/index.js';
import type { Engine } from '../../src/engine/index.js';
import { decodeEntry, NodeReader, type ScopeRecord } from '../../src/format/index.js';
import { type RestoreOptions, type RestoreReport, restore } from '../../src/restore/index.js';
import { formatUuid } from '../../src/snapshot/index.js';
import type { UserRepository } from '../../src/vault/index.js';

/** How campaigns restore: one scope, its content straight into the target, with what they want besides. */
export function restoreScope(
  repository: UserRepository,
  engine: Engine,
  scope: ScopeRecord,
  target: string,
  more: Partial<RestoreOptions> = {},
): Promise<RestoreReport> {
  const { chunks, backend, openSecrets: secrets } = repository;
  const entry = decodeEntry(new NodeReader(scope.entry, `the root of "${scope.scope}"`));
  return restore({
    source: { chunks, backend, secrets, engine },
    scopes: [{ ...scope, entry }],
    target,
    flatten: true,
    ...more,
  });
}

/**
 * Backs up one directory and returns the snapshot's id. With a clock ahead of the file system's nothing is so young that
 * it has to be read again for that alone.
 */
export async function backupPath(
  repository: UserRepository,
  engine: Engine,
  path: string,
  { signal, aheadMs = 0 }: { readonly signal?: AbortSignal; readonly aheadMs?: number } = {},
): Promise<string> {
  const clock = { ...systemClock, now: () => systemClock.now() + aheadMs };
  const report = await backup({
    repository,
    engine,
    vaultPath: undefined,
    paths: [path],
    kind: 'manual',
    clock,
    random: systemRandom,
    logger: silentLogger,
    signal,
  });
  if (report.status !== 'complete') throw new Error(`The backup of "${path}" is ${report.status}.`);
  return formatUuid(report.backupId!);
}
