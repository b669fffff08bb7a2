import { BitacoraError, toHex } from '../../base/index.js';
import { compareLog, entryObject, type ListedSnapshot, packsBuriedBy } from '../../snapshot/index.js';
import type { UserPrune } from './context.js';

/** What the log says, as far as it was read. */
export interface LogFacts {
  /** Number of the newest entry read. */
  readonly seq: number;
  /** Packs under a tombstone, by hash in hex. */
  readonly tombstoned: ReadonlySet<string>;
}

/**
 * Sees that the log is all there, as the backend has it: whoever does not know of a snapshot must not judge what is needed.
 *
 * @throws {BitacoraError} the log's own problem; `DATA_CORRUPT` where the index and the backend disagree about it.
 */
export async function checkLog({ repository, signal }: UserPrune): Promise<void> {
  const { backend, index, keys, log, logProblems } = repository;
  const problem = logProblems[0];
  if (problem) throw problem;
  if (await agrees()) return;
  // Entries may have come between the two lists: while it is our turn none does.
  await log.appendAfter(async () => {
    const differs = await difference();
    if (!differs) return undefined;
    const message = `The log on the backend is not the one that the index has: "${differs}". Nothing is removed. Run the command again; if that does not help, run \`bitacora scrub\`.`;
    throw new BitacoraError('DATA_CORRUPT', message, { details: { object: differs } });
  });

  async function agrees(): Promise<boolean> {
    return (await difference()) === undefined;
  }

  async function difference(): Promise<string | undefined> {
    if (index.gaps[0]) return toHex(index.gaps[0].missing);
    const { fresh, lost } = await compareLog(backend, index, keys, { signal });
    const first = fresh[0] ?? lost[0];
    return first && entryObject(keys, first);
  }
}

/** Reads what the log says beside its snapshots. */
export async function logFacts({ repository }: UserPrune): Promise<LogFacts> {
  const seq = Math.max(0, ...repository.index.mark.applied.map((name) => name.seq));
  const tombstoned = new Set<string>();
  for await (const { entry } of repository.log.newestFirst()) {
    for (const pack of packsBuriedBy(entry)) tombstoned.add(toHex(pack));
  }
  return { seq, tombstoned };
}

/**
 * Whether what a snapshot needs must stay. One that was forgotten while somebody had the user open is not forgotten for them: a backup
 * may be merging its tree, a restore reading it.
 */
export function isNeeded({ repository }: UserPrune, listed: ListedSnapshot): boolean {
  const { forgotten, forgottenIn = 0, givenUp, pinned } = listed;
  if (givenUp) return false;
  if (!forgotten || pinned) return true;
  const oldest = repository.index.holders.oldestSeq(repository.holder);
  return oldest !== undefined && forgottenIn > oldest;
}

/**
 * Whether entries that are newer than `seq` may need what those before did not: what lies in a place that was found damaged is needed where
 * else it lies.
 */
export async function hasNewNeeds({ repository }: UserPrune, seq: number): Promise<boolean> {
  for await (const { name, entry } of repository.log.newestFirst()) {
    if (name.seq <= seq) return false;
    if (entry.kind === 'quarantine' && entry.body.packs.some(({ damage }) => damage !== 'none')) return true;
    if (!HARMLESS.has(entry.kind)) return true;
  }
  return false;
}

/** Kinds of entries after which no more is needed than before; a quarantine that lets go. */
const HARMLESS: ReadonlySet<string> = new Set(['forget', 'pin', 'unpin', 'quarantine', 'tombstone', 'checkpoint']);
