import { BitacoraError } from '../base/index.js';
import type { Durability, DurabilityLevel } from './contract/common.js';
import type { OperationContext } from './operation.js';

/** Where a snapshot that was just committed is. A copy that is configured and not made is not reached; `s3` is null without one. */
export function durabilityOf(
  { settings }: Pick<OperationContext, 'settings'>,
  level: DurabilityLevel = 'local',
): Durability {
  return { level, reached: { local: true, s3: settings.missingCopy === undefined ? null : false } };
}

/**
 * Throws `NOT_DURABLE`, naming the snapshot, unless it is where it was asked to be.
 *
 * @param backupId - Null after a dry run.
 */
export function checkDurable(backupId: string | null, { level, reached }: Durability): void {
  if (backupId === null || level === 'local' || reached.s3 !== false) return;
  throw new BitacoraError(
    'NOT_DURABLE',
    `The snapshot ${backupId} is safe in this vault, but not in its copy: it could not be made durable on "all" backends.`,
    { details: { backup_id: backupId, durability: { level, reached } } },
  );
}
