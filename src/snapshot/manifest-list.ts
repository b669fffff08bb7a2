import { BitacoraError, toHex } from '../base/index.js';
import type { Manifest, SnapshotKind } from '../format/index.js';
import type { EntryName } from '../store/index.js';
import type { Log } from './log.js';
import { formatUuid, parseUuidPrefix } from './uuid.js';

/** One backup of one user, as the log has it. */
export interface Snapshot {
  /** Its `backup_id` as text. */
  readonly id: string;
  /** Commit time, milliseconds since 1970. */
  readonly time: number;
  readonly manifest: Manifest;
  readonly entry: EntryName;
}

export interface SnapshotFilter {
  readonly session?: string | undefined;
  readonly kind?: SnapshotKind | undefined;
  /** Commit time at or after; milliseconds since 1970. */
  readonly since?: number | undefined;
  /** Commit time at or before. */
  readonly until?: number | undefined;
}

/** The snapshots of a user that were not forgotten. */
export class Snapshots {
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Newest first in log order, read as they are asked for. */
  async *newestFirst(filter: SnapshotFilter = {}): AsyncGenerator<Snapshot> {
    for await (const { snapshot, forgotten } of this.#all()) {
      if (!forgotten && matches(snapshot, filter)) yield snapshot;
    }
  }

  /** The same as a list. */
  async list(filter: SnapshotFilter = {}): Promise<Snapshot[]> {
    const snapshots: Snapshot[] = [];
    for await (const snapshot of this.newestFirst(filter)) snapshots.push(snapshot);
    return snapshots;
  }

  /**
   * The snapshot with this id, or the only one whose id begins so.
   *
   * @param text - At least 8 hex digits, with or without dashes.
   * @throws {BitacoraError} `UNKNOWN_SNAPSHOT` if there is none, several, or it was forgotten; `USAGE` if it is no id.
   */
  async find(text: string): Promise<Snapshot> {
    const digits = parseUuidPrefix(text);
    const found: Snapshot[] = [];
    let forgotten: Snapshot | undefined;
    for await (const seen of this.#all()) {
      if (!toHex(seen.snapshot.manifest.backupId).startsWith(digits)) continue;
      if (seen.forgotten) forgotten = seen.snapshot;
      else found.push(seen.snapshot);
      if (digits.length === 32) break;
    }
    const [first] = found;
    if (first && found.length === 1) return first;
    throw unknown(text, found, forgotten);
  }

  async *#all(): AsyncGenerator<{ snapshot: Snapshot; forgotten: boolean }> {
    // A forget or unforget stands behind the manifest that it is about: the first one met from the end decides.
    const decided = new Map<string, boolean>();
    for await (const { name, entry } of this.#log.newestFirst()) {
      if (entry.kind === 'forget' || entry.kind === 'unforget') {
        for (const id of entry.body.backupIds.map(toHex)) {
          if (!decided.has(id)) decided.set(id, entry.kind === 'forget');
        }
      } else if (entry.kind === 'manifest') {
        const { backupId } = entry.body;
        const snapshot = { id: formatUuid(backupId), time: entry.time, manifest: entry.body, entry: name };
        yield { snapshot, forgotten: decided.get(toHex(backupId)) ?? false };
      }
    }
  }
}

function matches({ time, manifest }: Snapshot, { session, kind, since, until }: SnapshotFilter): boolean {
  if (session !== undefined && manifest.session !== session) return false;
  if (kind !== undefined && manifest.kind !== kind) return false;
  return (since === undefined || time >= since) && (until === undefined || time <= until);
}

function unknown(text: string, found: readonly Snapshot[], forgotten: Snapshot | undefined): BitacoraError {
  const details = { snapshot: text };
  if (found.length > 1) {
    const ids = found.map(({ id }) => id);
    const some = ids.slice(0, 3).join(', ');
    return new BitacoraError(
      'UNKNOWN_SNAPSHOT',
      `${ids.length} snapshots begin with "${text}": ${some}. Give more digits.`,
      {
        details: { ...details, ids },
      },
    );
  }
  const what = forgotten ? `The snapshot "${forgotten.id}" was forgotten` : `There is no snapshot "${text}"`;
  return new BitacoraError('UNKNOWN_SNAPSHOT', `${what}. \`bitacora list\` shows those there are.`, { details });
}
