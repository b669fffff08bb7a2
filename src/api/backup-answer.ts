import { isoTime, pathFields } from '../base/index.js';
import type { ManifestCounts, SnapshotKind } from '../format/index.js';
import { formatUuid, type Snapshot } from '../snapshot/index.js';
import type { BackupAnswer, BackupInput } from './contract/backup.js';
import type { Durability } from './contract/common.js';
import type { TakenSnapshot } from './take-snapshot.js';

/** What a backup answers. */
export function backupAnswer(
  input: Pick<BackupInput, 'user_id' | 'session_id' | 'dry_run'> & { readonly type: SnapshotKind },
  durability: Durability,
  { created, report, warnings }: TakenSnapshot,
): BackupAnswer {
  const { counts, failures } = report;
  return {
    backup_id: report.backupId ? formatUuid(report.backupId) : null,
    user_id: input.user_id,
    user_created: created,
    session_id: input.session_id ?? null,
    timestamp: isoTime(report.time),
    backup_type: input.type,
    status: report.status,
    dry_run: input.dry_run ?? false,
    captured: report.scopes.map(({ scope }) => scope),
    failures: failures.items.map(({ path, code, message }) => ({ ...pathFields('path', path), code, message })),
    failure_count: failures.count,
    warnings: [...report.warnings, ...warnings],
    durability,
    parent_id: report.parent ? formatUuid(report.parent) : null,
    ...figures(counts, counts.excluded),
    packs_added: report.packs,
    duration_ms: Math.round(report.durationMs),
  };
}

/** The same of a snapshot that was made earlier, as far as its manifest has it. */
export function earlierAnswer(user: string, durability: Durability, { id, time, manifest }: Snapshot): BackupAnswer {
  const { counts, failures } = manifest;
  return {
    backup_id: id,
    user_id: user,
    user_created: false,
    session_id: manifest.session,
    timestamp: isoTime(time),
    backup_type: manifest.kind,
    status: manifest.status,
    dry_run: false,
    captured: manifest.scopes.map(({ scope }) => scope),
    failures: failures.items.map(({ path, code, message }) => ({ ...pathFields('path', path), code, message })),
    failure_count: failures.count,
    warnings: [],
    durability,
    parent_id: manifest.parent ? formatUuid(manifest.parent) : null,
    ...figures(counts, 0),
    packs_added: manifest.packs.length,
    duration_ms: Math.max(0, manifest.captured - manifest.started),
  };
}

function figures(counts: ManifestCounts, excluded: number) {
  return {
    files: {
      total: counts.files,
      new: counts.filesNew,
      changed: counts.filesChanged,
      unchanged: counts.filesUnchanged,
      unread: counts.filesUnread,
    },
    directories: counts.directories,
    others: counts.others,
    excluded,
    size_uncompressed: counts.bytes,
    bytes_read: counts.bytesRead,
    bytes_new: counts.bytesNew,
    bytes_added: counts.bytesAdded,
  };
}
