import { isoTime } from '../base/index.js';
import type { Snapshot } from '../snapshot/index.js';
import type { SnapshotSummary } from './contract/list.js';

/** A snapshot without its content, as lists show it. */
export function snapshotSummary(user: string, { id, time, manifest }: Snapshot): SnapshotSummary {
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
