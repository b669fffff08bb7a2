import { BitacoraError, concatBytes, utf8 } from '../base/index.js';
import { sha256 } from '../crypto/index.js';
import { formatUuid } from '../snapshot/index.js';
import { configuredSources } from './backup-sources.js';
import type { EndInput } from './contract/end.js';
import type { OperationContext } from './operation.js';
import { endSources } from './operations/end-sources.js';
import { recordOf } from './take-snapshot.js';

/**
 * The id of the job that follows the snapshot of a session's end. It follows from that snapshot's own, so that a repeat of the call, and the same call in a later
 * process, means the same job: a UUIDv7 of the same time.
 */
export function followUpId(backupId: Uint8Array): string {
  const id = sha256(concatBytes([utf8('follow-up'), backupId])).slice(0, 16);
  id.set(backupId.subarray(0, 6));
  id[6] = (id[6]! & 0x0f) | 0x70;
  id[8] = (id[8]! & 0x3f) | 0x80;
  return formatUuid(id);
}

/**
 * Has the sources captured that follow the end of a session: as a job of the daemon, which is in the vault when this resolves, or here and now
 * without one. What goes wrong is a warning: the session itself is safe.
 *
 * @returns the ids of the jobs.
 */
export async function followUp(
  context: OperationContext,
  { user_id, session_id }: EndInput,
  backupId: Uint8Array,
  warn: (message: string) => void,
): Promise<string[]> {
  const { settings, vault, daemon } = context;
  try {
    const sources = configuredSources(settings, user_id, await recordOf(vault, user_id), 'at the end of a session');
    if (sources.paths.length + sources.streams.length === 0) return [];
    const input = { user_id, session_id };
    const id = followUpId(backupId);
    if (daemon) {
      const request = { operation: 'end-sources', user: user_id, access: 'write', input, durable: true } as const;
      return [(await daemon.queue.submit(request, { id })).id];
    }
    const { captured, backup_id } = await endSources({ ...context, jobId: id, again: true }, input);
    warn(`Captured behind the session, as the snapshot ${backup_id}: ${captured.join(', ')}.`);
  } catch (error) {
    if (!(error instanceof BitacoraError) || error.code === 'CANCELLED') throw error;
    warn(`The session is safe; the sources that follow its end are not captured: ${error.message}`);
  }
  return [];
}
