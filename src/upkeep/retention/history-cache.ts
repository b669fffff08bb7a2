import { toHex } from '../../base/index.js';
import type { LogEntry, Manifest } from '../../format/index.js';
import { formatUuid, type NamedEntry } from '../../snapshot/index.js';
import type { EntryName } from '../../store/index.js';
import type { UserRepository } from '../../vault/index.js';
import type { RetainedSnapshot } from './history.js';

/** Snapshots remembered of all users together: some hundred bytes each. */
const REMEMBERED_MAX = 100_000;

type Mutable = { -readonly [key in keyof RetainedSnapshot]: RetainedSnapshot[key] };

/** What is remembered of one user's log, as far as it was read. */
interface Known {
  /** The hash of the newest entry read, in hex. */
  readonly head: string;
  /** Entries that the index had then. */
  readonly entries: number;
  /** In log order. */
  readonly snapshots: Mutable[];
  /** A snapshot that two writers wrote is there twice, and what names it is about both. */
  readonly byId: Map<string, Mutable[]>;
}

/**
 * What logs say of snapshots, remembered from one time to the next: whoever asks behind each of ten thousand snapshots reads one entry
 * then, and not the whole log. Nothing is taken on trust: what is remembered holds only for the very log that it was read from.
 */
export class HistoryCache {
  readonly #users = new Map<string, Known>();
  #remembered = 0;

  /** All snapshots that the log has, forgotten ones included, in its order. Not to be kept: they change with the log. */
  async read(repository: UserRepository): Promise<readonly RetainedSnapshot[]> {
    const uid = toHex(repository.uid);
    const known = this.#users.get(uid);
    this.#users.delete(uid);
    this.#remembered -= known?.snapshots.length ?? 0;
    const read = (known && (await goOn(repository, known))) ?? (await readAll(repository));
    if (read.head !== '') this.#remember(uid, read);
    return read.snapshots;
  }

  #remember(uid: string, known: Known): void {
    this.#remembered += known.snapshots.length;
    this.#users.set(uid, known);
    for (const [oldest, { snapshots }] of this.#users) {
      if (this.#remembered <= REMEMBERED_MAX || oldest === uid) return;
      this.#users.delete(oldest);
      this.#remembered -= snapshots.length;
    }
  }
}

/** Undefined where more has changed than entries at the end. */
async function goOn(repository: UserRepository, known: Known): Promise<Known | undefined> {
  const { entries } = repository.index.mark;
  const fresh: NamedEntry[] = [];
  let met = false;
  for await (const named of repository.log.newestFirst()) {
    met = toHex(named.name.hash) === known.head;
    if (met) break;
    const { kind } = named.entry;
    // Both change what stands further back.
    if (kind === 'checkpoint' || kind === 'merge') return undefined;
    fresh.push(named);
  }
  if (!met || known.entries + fresh.length !== entries) return undefined;
  const { snapshots, byId } = known;
  for (const { name, entry } of fresh.reverse()) {
    if (entry.kind === 'manifest') add({ snapshots, byId }, snapshotOf(name, entry.time, entry.body));
    else mark(byId, entry);
  }
  return { head: headOf(repository), entries, snapshots, byId };
}

async function readAll(repository: UserRepository): Promise<Known> {
  const { entries } = repository.index.mark;
  const head = headOf(repository);
  const all: Mutable[] = [];
  for await (const { snapshot, ...marks } of repository.snapshots.all()) {
    const { forgotten, givenUp, takenBack, pinned } = marks;
    const forgottenAt = givenUp ? undefined : marks.forgottenAt;
    const { entry, time, manifest } = snapshot;
    all.push({ ...snapshotOf(entry, time, manifest), forgotten, forgottenAt, givenUp, takenBack, pinned });
  }
  const known: Known = { head, entries, snapshots: [], byId: new Map() };
  for (const one of all.reverse()) add(known, one);
  return known;
}

/** Empty for a log that is empty or has several ends. */
function headOf({ index }: UserRepository): string {
  const [head, ...more] = index.mark.applied;
  return head && more.length === 0 ? toHex(head.hash) : '';
}

function add({ snapshots, byId }: Pick<Known, 'snapshots' | 'byId'>, snapshot: Mutable): void {
  snapshots.push(snapshot);
  const same = byId.get(snapshot.id);
  if (same) same.push(snapshot);
  else byId.set(snapshot.id, [snapshot]);
}

function mark(byId: ReadonlyMap<string, readonly Mutable[]>, entry: LogEntry): void {
  if (entry.kind === 'forget' || entry.kind === 'unforget') {
    for (const one of found(byId, entry.body.backupIds)) {
      if (one.givenUp) continue;
      one.forgotten = entry.kind === 'forget';
      one.forgottenAt = one.forgotten ? entry.time : undefined;
      one.takenBack = entry.kind === 'unforget';
    }
  } else if (entry.kind === 'pin' || entry.kind === 'unpin') {
    for (const one of found(byId, entry.body.backupIds)) one.pinned = entry.kind === 'pin';
  } else if (entry.kind === 'tombstone' || entry.kind === 'checkpoint') {
    const givenUp = { forgotten: true, forgottenAt: undefined, givenUp: true, takenBack: false };
    for (const one of found(byId, entry.body.snapshots)) Object.assign(one, givenUp);
  }
}

function found(byId: ReadonlyMap<string, readonly Mutable[]>, ids: readonly Uint8Array[]): Mutable[] {
  return ids.flatMap((id) => byId.get(formatUuid(id)) ?? []);
}

function snapshotOf(
  entry: EntryName,
  time: number,
  { backupId, kind, session, captured, scopes, ended }: Manifest,
): Mutable {
  return {
    id: formatUuid(backupId),
    kind,
    entry,
    time,
    session,
    captured,
    scopes: scopes.map(({ scope }) => scope),
    ended: [...ended],
    pinned: false,
    forgotten: false,
    forgottenAt: undefined,
    givenUp: false,
    takenBack: false,
  };
}
