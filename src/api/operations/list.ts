import { isoTime } from '../../base/index.js';
import type { Snapshot } from '../../snapshot/index.js';
import type { ListAnswer, ListInput, SnapshotSummary } from '../contract/list.js';
import { openKnownUser } from '../known-user.js';
import type { OperationContext } from '../operation.js';

/** The snapshots of a user, newest first. */
export async function list(context: OperationContext, input: ListInput): Promise<ListAnswer> {
  const repository = await openKnownUser(context, input.user_id);
  const snapshots = await repository.snapshots.list({
    session: input.session_id,
    kind: input.kind,
    since: timeOf(input.since),
    until: timeOf(input.until),
  });
  return {
    user_id: input.user_id,
    backups: snapshots.map((snapshot) => summary(input.user_id, snapshot)),
    next: null,
  };
}

function timeOf(iso: string | undefined): number | undefined {
  return iso === undefined ? undefined : Date.parse(iso);
}

/** A snapshot without its content, as lists show it. */
function summary(user: string, { id, time, manifest }: Snapshot): SnapshotSummary {
  const { counts } = manifest;
  return {
    backup_id: id,
    user_id: user,
    timestamp: isoTime(time),
    session_id: manifest.session,
    backup_type: manifest.kind,
    status: manifest.status,
    captured: manifest.scopes.map(({ scope }) => scope),
    ended: [...manifest.ended],
    files: counts.files,
    size_uncompressed: counts.bytes,
    bytes_added: counts.bytesAdded,
    failure_count: manifest.failures.count,
    reason: manifest.reason,
    host: manifest.host,
    program: manifest.program,
  };
}
