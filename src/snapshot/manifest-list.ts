import { BitacoraError, toHex } from '../base/index.js';
import type { LogEntry, Manifest, SnapshotKind } from '../format/index.js';
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

/** A snapshot that the log still has, forgotten or not. */
export interface ListedSnapshot {
  readonly snapshot: Snapshot;
  /** Whether the last entry that names it, of forgets and unforgets behind its manifest, is a forget. */
  readonly forgotten: boolean;
  /** When it was forgotten, milliseconds since 1970; undefined unless it is. */
  readonly forgottenAt: number | undefined;
  /** Number of the entry that forgot it; undefined unless it is forgotten. */
  readonly forgottenIn: number | undefined;
  /** Whether it was forgotten and then pruned: nothing brings it back. */
  readonly givenUp: boolean;
  /** Whether that last entry is an unforget: somebody wanted it back. */
  readonly takenBack: boolean;
  /** Whether the last entry that names it, of pins and unpins behind its manifest, is a pin. */
  readonly pinned: boolean;
}

/** The snapshots of a user; those forgotten only where that is said. */
export class Snapshots {
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Newest first in log order, read as they are asked for. */
  async *newestFirst(filter: SnapshotFilter = {}): AsyncGenerator<Snapshot> {
    for await (const { snapshot, forgotten } of this.all(filter)) if (!forgotten) yield snapshot;
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
    const found = await this.#beginning(text);
    const there = found.filter(({ forgotten }) => !forgotten);
    if (there.length === 1) return there[0]!.snapshot;
    throw unknown(text, there, found.at(-1));
  }

  /** The same of all that the log still has: what was forgotten is found too. */
  async findListed(text: string): Promise<ListedSnapshot> {
    const found = await this.#beginning(text);
    if (found.length === 1) return found[0]!;
    throw unknown(text, found, undefined);
  }

  /** The snapshot whose manifest is that entry; undefined where the log has it no more. Reads nothing else. */
  async at(name: EntryName): Promise<Snapshot | undefined> {
    const entry = await this.#log.entry(name);
    if (entry?.kind !== 'manifest') return undefined;
    return { id: formatUuid(entry.body.backupId), time: entry.time, manifest: entry.body, entry: name };
  }

  async #beginning(text: string): Promise<ListedSnapshot[]> {
    const digits = parseUuidPrefix(text);
    const found: ListedSnapshot[] = [];
    for await (const seen of this.all()) {
      if (!toHex(seen.snapshot.manifest.backupId).startsWith(digits)) continue;
      found.push(seen);
      if (digits.length === 32) break;
    }
    return found;
  }

  /** All that the log has, newest first, also what was forgotten and not pruned yet. */
  async *all(filter: SnapshotFilter = {}): AsyncGenerator<ListedSnapshot> {
    const marks = new SnapshotMarks();
    for await (const { name, entry } of this.#log.newestFirst()) {
      if (entry.kind === 'manifest') {
        const { backupId } = entry.body;
        const snapshot = { id: formatUuid(backupId), time: entry.time, manifest: entry.body, entry: name };
        if (matches(snapshot, filter)) yield { snapshot, ...marks.of(backupId) };
      } else marks.add(entry);
    }
  }
}

/**
 * What entries say of snapshots, met from the end of the log: such an entry stands behind the manifest that it is about, so that the
 * first one met decides.
 */
export class SnapshotMarks {
  readonly #forgets = new Map<string, { readonly forgotten: boolean; readonly time: number; readonly seq: number }>();
  readonly #givenUp = new Map<string, { readonly time: number; readonly seq: number }>();
  readonly #pins = new Map<string, boolean>();

  add(entry: LogEntry): void {
    if (entry.kind === 'forget' || entry.kind === 'unforget') {
      const mark = { forgotten: entry.kind === 'forget', time: entry.time, seq: entry.seq };
      for (const id of entry.body.backupIds.map(toHex)) if (!this.#forgets.has(id)) this.#forgets.set(id, mark);
    } else if (entry.kind === 'pin' || entry.kind === 'unpin') {
      const pinned = entry.kind === 'pin';
      for (const id of entry.body.backupIds.map(toHex)) if (!this.#pins.has(id)) this.#pins.set(id, pinned);
    } else if (entry.kind === 'tombstone' || entry.kind === 'checkpoint') {
      for (const id of entry.body.snapshots.map(toHex)) this.#givenUp.set(id, entry);
    }
  }

  /** What was met so far of the snapshot whose manifest comes next. */
  of(backupId: Uint8Array): Omit<ListedSnapshot, 'snapshot'> {
    const id = toHex(backupId);
    const mark = this.#forgets.get(id);
    const gone = this.#givenUp.get(id);
    const forget = mark?.forgotten ? mark : gone;
    return {
      forgotten: forget !== undefined,
      forgottenAt: forget?.time,
      forgottenIn: forget?.seq,
      givenUp: gone !== undefined,
      takenBack: mark !== undefined && forget === undefined,
      pinned: this.#pins.get(id) ?? false,
    };
  }
}

function matches({ time, manifest }: Snapshot, { session, kind, since, until }: SnapshotFilter): boolean {
  if (session !== undefined && manifest.session !== session) return false;
  if (kind !== undefined && manifest.kind !== kind) return false;
  return (since === undefined || time >= since) && (until === undefined || time <= until);
}

function unknown(text: string, found: readonly ListedSnapshot[], forgotten: ListedSnapshot | undefined): BitacoraError {
  const details = { snapshot: text };
  if (found.length > 1) {
    const ids = found.map(({ snapshot }) => snapshot.id);
    const some = ids.slice(0, 3).join(', ');
    return new BitacoraError(
      'UNKNOWN_SNAPSHOT',
      `${ids.length} snapshots begin with "${text}": ${some}. Give more digits.`,
      {
        details: { ...details, ids },
      },
    );
  }
  const what = forgotten ? `The snapshot "${forgotten.snapshot.id}" was forgotten` : `There is no snapshot "${text}"`;
  return new BitacoraError('UNKNOWN_SNAPSHOT', `${what}. \`bitacora list\` shows those there are.`, { details });
}
