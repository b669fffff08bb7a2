import { Slices, toHex } from '../../base/index.js';
import { type LogEntry, packsPrefix, parseObjectName, trashPrefix, uidOf } from '../../format/index.js';
import { openSegment } from '../../snapshot/index.js';
import type { EntryBytes, EntryName } from '../../store/index.js';
import type { UserCheckpoint } from './context.js';
import { type CheckpointPlan, openEntries, SEGMENT_BYTES } from './plan.js';

export interface Gathered {
  /** The new segments. */
  readonly segments: readonly EntryName[];
  /** What was in a segment and is in none any more. */
  readonly outside: readonly EntryName[];
  readonly kept: number;
  readonly dropped: number;
}

/** What the snapshots that stay name. */
interface Alive {
  readonly ids: ReadonlySet<string>;
  readonly packs: ReadonlySet<string>;
}

type Opened = EntryBytes & { readonly entry: LogEntry; readonly inside: boolean };

/**
 * Writes what holds of the tail and of the absorbed segments into new segments. Until a checkpoint lists them they only say again what
 * others say.
 */
export async function gather(checkpoint: UserCheckpoint, plan: CheckpointPlan): Promise<Gathered> {
  const { thorough, summary } = plan;
  const alive = thorough ? await findAlive(checkpoint, plan) : undefined;
  const writer = new SegmentWriter(checkpoint);
  const outside: EntryName[] = [];
  let dropped = 0;
  for await (const { entry, inside, seq, hash, sealed } of everything(checkpoint, plan)) {
    if (isKept(entry, plan, alive)) {
      await writer.add({ seq, hash, sealed });
      continue;
    }
    dropped++;
    if (entry.kind === 'manifest') summary.drop(entry.body);
    if (inside) outside.push({ seq, hash });
  }
  await writer.flush();
  if (alive) await dropBuried(checkpoint, plan, alive);
  return { segments: writer.segments, outside, kept: writer.count, dropped };
}

function isKept(entry: LogEntry, { summary }: CheckpointPlan, alive: Alive | undefined): boolean {
  switch (entry.kind) {
    case 'manifest':
      return !summary.givenUp.has(toHex(entry.body.backupId));
    case 'forget':
    case 'unforget':
    case 'pin':
    case 'unpin': {
      const ids = entry.body.backupIds.map(toHex);
      return ids.some((id) => (alive ? alive.ids.has(id) : !summary.givenUp.has(id)));
    }
    case 'key_change':
      return true;
    default:
      return false;
  }
}

async function* everything(checkpoint: UserCheckpoint, { absorbed, tail }: CheckpointPlan): AsyncGenerator<Opened> {
  const { keys } = checkpoint.repository;
  const slices = new Slices(checkpoint.clock);
  for await (const { entry } of openEntries(checkpoint, absorbed)) {
    if (entry.kind !== 'segment') continue;
    for (const { name, sealed, entry: inside } of openSegment(keys, entry.body)) {
      yield { ...name, sealed, entry: inside, inside: true };
      if (slices.over) await slices.next();
    }
  }
  for await (const { name, sealed, entry } of openEntries(checkpoint, tail)) {
    yield { ...name, sealed, entry, inside: false };
  }
}

async function findAlive(checkpoint: UserCheckpoint, plan: CheckpointPlan): Promise<Alive> {
  const ids = new Set<string>();
  const packs = new Set<string>();
  for await (const { entry } of everything(checkpoint, plan)) {
    if (entry.kind !== 'manifest' || plan.summary.givenUp.has(toHex(entry.body.backupId))) continue;
    ids.add(toHex(entry.body.backupId));
    for (const pack of entry.body.packs) packs.add(toHex(pack));
  }
  return { ids, packs };
}

/** Of packs that are gone those need no saying any more that no snapshot names and that are nowhere. */
async function dropBuried(
  { repository, signal }: UserCheckpoint,
  { summary }: CheckpointPlan,
  { packs }: Alive,
): Promise<void> {
  const { backend, index, uid } = repository;
  const there = new Set<string>();
  for (const prefix of [packsPrefix(uidOf(uid)), trashPrefix(uidOf(uid))]) {
    for await (const { name } of backend.list(prefix, { signal, lengths: false })) {
      const parsed = parseObjectName(name);
      if (parsed?.type === 'pack' || parsed?.type === 'trash') there.add(toHex(parsed.hash));
    }
  }
  summary.keepBuried(
    (pack) =>
      packs.has(pack) || there.has(pack) || index.packOrdinal(new Uint8Array(Buffer.from(pack, 'hex'))) !== undefined,
  );
}

class SegmentWriter {
  readonly segments: EntryName[] = [];
  count = 0;
  readonly #checkpoint: UserCheckpoint;
  #entries: EntryBytes[] = [];
  #bytes = 0;

  constructor(checkpoint: UserCheckpoint) {
    this.#checkpoint = checkpoint;
  }

  async add(entry: EntryBytes): Promise<void> {
    this.#entries.push(entry);
    this.#bytes += entry.sealed.length;
    this.count++;
    if (this.#bytes >= SEGMENT_BYTES) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#entries.length === 0) return;
    const { repository, signal } = this.#checkpoint;
    const entries = this.#entries.map(({ seq, sealed }) => ({ seq, sealed }));
    this.#entries = [];
    this.#bytes = 0;
    const { name } = await repository.log.append({ kind: 'segment', body: { entries } }, { signal });
    this.segments.push(name);
  }
}
