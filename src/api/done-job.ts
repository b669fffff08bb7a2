import { asBuffer, fromHex } from '../base/index.js';
import type { Snapshot } from '../snapshot/index.js';
import type { UserRepository } from '../vault/index.js';

/** How far before a job's submission its snapshot may seem to have been made, should the clock have been set back between. */
const CLOCK_SLACK_MS = 86_400_000;

/**
 * The snapshot that a job has made already, in an earlier process that was stopped before it could say so. Snapshots from
 * before the job was submitted are not looked at: its id, a UUIDv7, says when that was.
 */
export async function findDoneJob(repository: UserRepository, jobId: string): Promise<Snapshot | undefined> {
  const submitted = asBuffer(fromHex(jobId.replaceAll('-', '').slice(0, 12))).readUIntBE(0, 6);
  for await (const snapshot of repository.snapshots.newestFirst()) {
    if (snapshot.manifest.job === jobId) return snapshot;
    if (snapshot.time < submitted - CLOCK_SLACK_MS) return undefined;
  }
  return undefined;
}
