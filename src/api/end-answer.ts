import type { BackupReport } from '../backup/index.js';
import { isoTime, pathFields } from '../base/index.js';
import type { Manifest } from '../format/index.js';
import { formatUuid, type Snapshot } from '../snapshot/index.js';
import type { Durability } from './contract/common.js';
import type { EndedAnswer, EndInput } from './contract/end.js';

/** What the answer to the end of a session tells of its snapshot: the same whether it was made now or earlier. */
export interface EndFacts extends Pick<Manifest, 'status' | 'started' | 'scopes' | 'failures' | 'counts'> {
  readonly id: string;
  readonly time: number;
  readonly userCreated: boolean;
}

export function factsOfReport(report: BackupReport, userCreated: boolean): EndFacts {
  if (!report.backupId) throw new TypeError('There is no snapshot to tell of.');
  return { ...report, id: formatUuid(report.backupId), userCreated };
}

export function factsOfSnapshot({ id, time, manifest }: Snapshot): EndFacts {
  return { ...manifest, id, time, userCreated: false };
}

export function endedAnswer(
  { user_id, session_id }: EndInput,
  { id, time, started, status, scopes, failures, counts, userCreated }: EndFacts,
  more: {
    /** What everything that was captured takes in packs, bytes. */
    readonly stored: number;
    readonly durability: Durability;
    readonly followUp: readonly string[];
    readonly warnings: readonly string[];
  },
): EndedAnswer {
  return {
    backup_id: id,
    status,
    user_id,
    user_created: userCreated,
    session_id,
    timestamp: isoTime(time),
    captured: scopes.map(({ scope }) => scope),
    failures: failures.items.map(({ path, code, message }) => ({ ...pathFields('path', path), code, message })),
    size_compressed: more.stored,
    size_uncompressed: counts.bytes,
    bytes_added: counts.bytesAdded,
    duration_ms: Math.max(0, Math.round(time - started)),
    durability: more.durability,
    follow_up: [...more.followUp],
    warnings: [...more.warnings],
  };
}
