import { Slices, throwIfAborted } from '../../base/index.js';
import { compareLog, type NamedEntry, openEntry } from '../../snapshot/index.js';
import type { EntryName, IndexedObject } from '../../store/index.js';
import type { UserCheckpoint } from './context.js';
import { Summary } from './summary.js';

/** What a segment has at most, about: it is written, and read, in one piece, for which a backup waits. */
export const SEGMENT_BYTES = 2 ** 18;
/** So many snapshots given up, in parts of what a tail has at most, are worth going through all segments, */
const GIVEN_UP_LEAST = 0.5;
/** if they are this part of all entries. */
const GIVEN_UP_SHARE = 0.25;
const ENTRY_BYTES = 900;

/** What a new checkpoint is made of. */
export interface CheckpointPlan {
  readonly heads: readonly EntryName[];
  readonly through: number;
  /** Objects of the log that hold, in its order, segments apart. */
  readonly tail: readonly IndexedObject[];
  /** Segments whose entries are gathered again, and those that stay. */
  readonly absorbed: readonly IndexedObject[];
  readonly standing: readonly IndexedObject[];
  /** What the checkpoint before stands for, and may go once the new one is there. */
  readonly doomed: readonly IndexedObject[];
  /** Whether all segments are gone through, so that nothing of snapshots given up is left. */
  readonly thorough: boolean;
  readonly summary: Summary;
}

/** Undefined while a checkpoint is not worth its while, or the log is not as it should be. */
export async function planCheckpoint(checkpoint: UserCheckpoint): Promise<CheckpointPlan | undefined> {
  const { repository, tailMost } = checkpoint;
  const { index, logProblems } = repository;
  if (logProblems.length > 0 || index.gaps.length > 0 || index.distrusted) return undefined;
  const heads = index.mark.applied;
  // What is appended from here on is not part of it.
  const through = Math.max(0, ...heads.map(({ seq }) => seq));
  const tail: IndexedObject[] = [];
  const segments: IndexedObject[] = [];
  const doomed: IndexedObject[] = [];
  for await (const object of index.entryObjects()) {
    if (object.covered) doomed.push(object);
    else if (object.seq <= through) (object.segment ? segments : tail).push(object);
  }
  const summary = await summarise(checkpoint, tail);
  const entries = tail.length + segments.reduce((sum, { bytes }) => sum + bytes / ENTRY_BYTES, 0);
  const thorough = summary.givenUp.size >= Math.max(tailMost * GIVEN_UP_LEAST, entries * GIVEN_UP_SHARE);
  if (tail.length < tailMost && !thorough) return undefined;
  if (!(await isWhole(checkpoint, through))) return undefined;
  const absorbed = thorough ? segments : toAbsorb(segments, tail);
  const standing = segments.filter((segment) => !absorbed.includes(segment));
  return { heads, through, tail, absorbed, standing, doomed, thorough, summary };
}

async function summarise(checkpoint: UserCheckpoint, tail: readonly IndexedObject[]): Promise<Summary> {
  const summary = new Summary();
  const later: NamedEntry[] = [];
  for await (const named of openEntries(checkpoint, tail)) {
    if (named.entry.kind === 'checkpoint') summary.add(named.entry);
    else if (named.entry.kind === 'tombstone' || named.entry.kind === 'quarantine') later.push(named);
  }
  for (const { entry } of later) summary.add(entry);
  return summary;
}

/** Whether the index has every entry that the backend has: what it lacks would be lost. */
async function isWhole({ repository, signal }: UserCheckpoint, through: number): Promise<boolean> {
  const { backend, index, keys } = repository;
  const { fresh, lost } = await compareLog(backend, index, keys, { signal });
  if (fresh.some(({ seq }) => seq <= through)) return false;
  return lost.length === 0 || index.dropCovered(lost);
}

/** The newest segments as long as each is no larger than what is gathered by then: so there are few, and each entry is moved seldom. */
function toAbsorb(segments: readonly IndexedObject[], tail: readonly IndexedObject[]): IndexedObject[] {
  const absorbed: IndexedObject[] = [];
  let gathered = tail.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const segment of segments.toReversed()) {
    if (segment.bytes > gathered || gathered + segment.bytes > SEGMENT_BYTES) break;
    gathered += segment.bytes;
    absorbed.unshift(segment);
  }
  return absorbed;
}

/** Entries by their names, with their bytes; other work goes on in between. */
export async function* openEntries(
  { repository, clock, signal }: UserCheckpoint,
  names: readonly EntryName[],
): AsyncGenerator<NamedEntry & { readonly sealed: Uint8Array }> {
  const { index, keys } = repository;
  const slices = new Slices(clock);
  for (const { seq, hash } of names) {
    throwIfAborted(signal);
    const name = { seq, hash };
    const sealed = await index.entry(name);
    yield { name, sealed: sealed!, entry: openEntry(keys, name, sealed ?? new Uint8Array(0)) };
    if (slices.over) await slices.next();
  }
}
