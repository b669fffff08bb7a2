import { entryObject, isDamaged, readEntries } from '../../snapshot/index.js';
import type { EntryName, UserIndex } from '../../store/index.js';
import type { UserRepository } from '../../vault/index.js';
import type { CheckpointOptions, UserCheckpoint } from './context.js';
import { gather } from './gather.js';
import { type CheckpointPlan, planCheckpoint } from './plan.js';

export interface Checkpointed {
  /** Entries that were written into segments. */
  readonly entries: number;
  /** Entries that say nothing any more and were left out. */
  readonly dropped: number;
  /** Objects of the log that were removed. */
  readonly removed: number;
}

const TAIL_MOST = 500;
const REMOVALS_AT_ONCE = 8;
const running = new WeakMap<UserIndex, Promise<unknown>>();

/**
 * Sums a user's log up where it has grown long: entries that hold go into segments, and a checkpoint stands for all that was before. What
 * the checkpoint before stood for is removed then, and not earlier, so that one that is damaged costs nothing. Backups go on meanwhile;
 * they wait for one entry at most. May be cancelled or killed at any time.
 *
 * @returns undefined while there is too little to do, or the log is not as it should be.
 * @throws {BitacoraError} what writing to the log throws; `DATA_CORRUPT`, `OBJECT_MISSING` where a segment on the backend is not as it
 *   was written: then nothing was removed.
 */
export async function checkpointUser(
  repository: UserRepository,
  options: CheckpointOptions,
): Promise<Checkpointed | undefined> {
  const { index } = repository;
  // One at a time: each sums up what the one before left.
  const before = running.get(index) ?? Promise.resolve();
  const result = before.then(() => run({ ...options, repository, tailMost: options.tailMost ?? TAIL_MOST }));
  running.set(
    index,
    result.catch(() => undefined),
  );
  return result;
}

async function run(checkpoint: UserCheckpoint): Promise<Checkpointed | undefined> {
  const { repository, signal, logger } = checkpoint;
  if (repository.readOnly) return undefined;
  const plan = await planCheckpoint(checkpoint);
  if (!plan) return undefined;
  const { heads, through, tail, absorbed, standing, doomed, thorough, summary } = plan;
  const { segments, outside, kept, dropped } = await gather(checkpoint, plan);
  const entries = [...standing, ...segments];
  const covered = [...tail, ...absorbed];
  const hashes = (names: readonly EntryName[]) => names.map(({ hash }) => hash);
  await repository.log.appendCheckpoint(
    {
      kind: 'checkpoint',
      body: {
        heads: hashes(heads),
        through,
        entries: hashes(entries),
        covered: hashes([...covered, ...doomed]),
        ...summary.said(!thorough),
      },
    },
    { covered, outside },
    { signal },
  );
  const removed = await removeDoomed(checkpoint, plan, entries);
  logger.info('Summed up the log of a user.', { user: repository.name, entries: kept, dropped, removed });
  return { entries: kept, dropped, removed };
}

/** What the former checkpoint stood for, oldest first. */
async function removeDoomed(
  checkpoint: UserCheckpoint,
  { doomed }: CheckpointPlan,
  segments: readonly EntryName[],
): Promise<number> {
  const { repository, signal } = checkpoint;
  const { backend, index, keys } = repository;
  const first = doomed[0];
  // The index could not take the checkpoint: what it knows may not be trusted with removing anything.
  if (!first || repository.log.unsure) return 0;
  await checkSegments(
    checkpoint,
    segments.filter(({ seq }) => seq > first.seq),
  );
  const remover = backend.remover();
  for (let at = 0; at < doomed.length; at += REMOVALS_AT_ONCE) {
    const some = doomed.slice(at, at + REMOVALS_AT_ONCE);
    await Promise.all(some.map((name) => remover.remove(entryObject(keys, name), { signal })));
  }
  await index.dropCovered(doomed);
  return doomed.length;
}

/** Those that were written later than what is to go hold it: they are read back. */
async function checkSegments({ repository, signal }: UserCheckpoint, names: readonly EntryName[]): Promise<void> {
  const { backend, keys } = repository;
  let found = 0;
  for await (const entry of readEntries({ backend, keys, signal }, names)) {
    if (isDamaged(entry)) throw entry.damage;
    found++;
  }
  // One that has gone is passed over above: asking for it says which.
  if (found < names.length) for (const name of names) await backend.get(entryObject(keys, name), { signal });
}
