import type { SnapshotKind } from '../../format/index.js';
import type { Snapshot } from '../../snapshot/index.js';
import { type CommandContext, EXIT } from '../context.js';
import { parseTime } from '../parse-time.js';
import { formatTable } from '../table.js';
import { countOf, formatBytes, formatCount, formatTime, isoTime } from '../units.js';
import { openKnownUser, withVault } from '../vault-session.js';

export interface ListFlags {
  readonly session?: string;
  readonly kind?: SnapshotKind;
  readonly since?: string;
  readonly until?: string;
}

/** `bitacora list USER` */
export async function runList(context: CommandContext, user: string, flags: ListFlags): Promise<number> {
  const { output, clock } = context;
  const now = clock.now();
  const filter = {
    session: flags.session,
    kind: flags.kind,
    since: flags.since === undefined ? undefined : parseTime(flags.since, now, 'start'),
    until: flags.until === undefined ? undefined : parseTime(flags.until, now, 'end'),
  };
  return withVault(context, async (vault) => {
    const repository = await openKnownUser(context, vault, user);
    const snapshots = await repository.snapshots.list(filter);
    if (output.json) {
      output.document({ user_id: user, backups: snapshots.map((snapshot) => summary(user, snapshot)), next: null });
      return EXIT.ok;
    }
    for (const line of formatTable(COLUMNS, snapshots)) output.line(line);
    output.note(`${countOf(snapshots.length, 'snapshot')} of ${user}`);
    return EXIT.ok;
  });
}

const COLUMNS = [
  { title: 'Snapshot', cell: ({ id }: Snapshot) => id },
  { title: 'Time', cell: ({ time }: Snapshot) => formatTime(time) },
  { title: 'Kind', cell: ({ manifest }: Snapshot) => manifest.kind },
  { title: 'Status', cell: ({ manifest }: Snapshot) => manifest.status },
  { title: 'Files', right: true, cell: ({ manifest }: Snapshot) => formatCount(manifest.counts.files) },
  { title: 'Size', right: true, cell: ({ manifest }: Snapshot) => formatBytes(manifest.counts.bytes) },
  { title: 'Added', right: true, cell: ({ manifest }: Snapshot) => formatBytes(manifest.counts.bytesAdded) },
  { title: 'Captured', cell: ({ manifest }: Snapshot) => manifest.scopes.map(({ scope }) => scope).join(', ') },
];

/** A snapshot without its content, as lists show it. */
function summary(user: string, { id, time, manifest }: Snapshot): Record<string, unknown> {
  const { counts } = manifest;
  return {
    backup_id: id,
    user_id: user,
    timestamp: isoTime(time),
    session_id: manifest.session,
    backup_type: manifest.kind,
    status: manifest.status,
    captured: manifest.scopes.map(({ scope }) => scope),
    ended: manifest.ended,
    files: counts.files,
    size_uncompressed: counts.bytes,
    bytes_added: counts.bytesAdded,
    failure_count: manifest.failures.count,
    reason: manifest.reason,
    host: manifest.host,
    program: manifest.program,
  };
}
