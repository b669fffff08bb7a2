import { hostname } from 'node:os';
import type { Clock, Logger, Random } from '../base/index.js';
import type { Manifest, SnapshotKind } from '../format/index.js';
import { createUuid } from '../snapshot/index.js';
import type { UserRepository } from '../vault/index.js';

/** What a snapshot is, beside what it captured. */
export interface SnapshotAbout {
  readonly kind: SnapshotKind;
  readonly session?: string | undefined;
  readonly reason?: string | undefined;
  /** Of the job that this runs as. */
  readonly job?: string | undefined;
  /** Scopes that no longer exist from here on. */
  readonly ended?: readonly string[] | undefined;
  /** Asked for once everything was read: what later tells a repeat of the same request. */
  readonly idempotency?: (() => string) | undefined;
}

export interface CommitTools {
  readonly repository: UserRepository;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

type Captured = Pick<Manifest, 'codec' | 'status' | 'started' | 'parent' | 'scopes' | 'packs' | 'counts' | 'failures'>;

/**
 * Writes the manifest, which is the commit: everything that it reaches must be durable before.
 *
 * @returns its id and commit time.
 * @throws {BitacoraError} what the log throws.
 */
export async function commitSnapshot(
  { repository, clock, random, logger }: CommitTools,
  about: SnapshotAbout,
  captured: Captured,
): Promise<{ readonly backupId: Uint8Array; readonly time: number }> {
  const manifest: Manifest = {
    ...captured,
    backupId: createUuid(clock, random),
    kind: about.kind,
    captured: clock.now(),
    ended: about.ended ?? [],
    session: about.session ?? null,
    reason: about.reason ?? null,
    job: about.job ?? null,
    idempotency: about.idempotency?.() ?? null,
    program: 'bitacora-backup 0.1.0',
    host: hostname(),
  };
  const { entry } = await repository.log.append({ kind: 'manifest', body: manifest });
  const { status, counts } = captured;
  logger.info('Snapshot committed.', { user: repository.name, status, bytesAdded: counts.bytesAdded });
  return { backupId: manifest.backupId, time: entry.time };
}
