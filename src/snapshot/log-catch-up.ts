import { BitacoraError, isBitacoraError } from '../base/index.js';
import type { CallOptions, ObjectReader } from '../storage/index.js';
import type { EntryName, UserIndex, UserKeys } from '../store/index.js';
import { applyToIndex } from './log-apply.js';
import { type Head, LogChain } from './log-chain.js';
import { compareNames, entryObject, type NamedEntry, openEntry, type SealedEntry } from './log-entry.js';

export interface CatchUp extends CallOptions {
  readonly backend: ObjectReader;
  readonly index: UserIndex;
  readonly keys: UserKeys;
  /** Makes packs that new manifests name known to the index; called before their manifests count as applied. */
  readonly addPacks: (names: readonly Uint8Array[]) => Promise<void>;
}

const READS_AT_ONCE = 8;

/**
 * Reads entries that the index lacks, checks that they continue the log, and applies them in one batch.
 *
 * @param fresh - As `compareLog` gives them.
 * @throws {BitacoraError} `OBJECT_MISSING` naming a predecessor, `DATA_CORRUPT` naming an entry, `FORMAT_NEWER`; then
 *   nothing is applied.
 */
export async function catchUpLog(options: CatchUp, fresh: readonly EntryName[]): Promise<void> {
  const { index, keys } = options;
  const entries: SealedEntry[] = [];
  for await (const entry of readEntries(options, fresh)) entries.push(entry);
  const { heads, covered } = await judge(index, keys, entries);
  await options.addPacks(entries.flatMap(({ entry }) => (entry.kind === 'manifest' ? entry.body.packs : [])));
  const old = covered.filter((name) => !fresh.includes(name));
  const muted = await Promise.all(old.map((name) => indexedEntry(index, keys, name)));
  await applyToIndex(index, keys, { entries: [...muted, ...entries], heads: heads.map(({ name }) => name), covered });
}

/** Entries from the backend in the order asked, each checked on its own. */
export async function* readEntries(
  { backend, keys, signal }: Pick<CatchUp, 'backend' | 'keys' | 'signal'>,
  names: Iterable<EntryName> | AsyncIterable<EntryName>,
): AsyncGenerator<SealedEntry> {
  const read = async (name: EntryName): Promise<SealedEntry> => {
    const sealed = await backend.get(entryObject(keys, name), { signal });
    return { name, sealed, entry: openEntry(keys, name, sealed) };
  };
  let under: EntryName[] = [];
  for await (const name of names) {
    under.push(name);
    if (under.length < READS_AT_ONCE) continue;
    yield* await Promise.all(under.map(read));
    under = [];
  }
  yield* await Promise.all(under.map(read));
}

/** The index's copy of an entry. Throws `DATA_CORRUPT` with `details.index` when it is damaged or gone. */
export async function indexedEntry(index: UserIndex, keys: UserKeys, name: EntryName): Promise<SealedEntry> {
  const sealed = await index.entry(name);
  try {
    if (sealed) return { name, sealed, entry: openEntry(keys, name, sealed) };
  } catch (cause) {
    throw await damagedCopy(index, keys, name, cause);
  }
  throw await damagedCopy(index, keys, name);
}

/** The index is only a copy: that it is wrong says nothing of the vault, so it is read anew at the next opening. */
export async function damagedCopy(
  index: UserIndex,
  keys: UserKeys,
  name: EntryName,
  cause?: unknown,
): Promise<BitacoraError> {
  // A key that is gone is no fault of the copy.
  if (isBitacoraError(cause) && cause.details.reason === 'key') return cause;
  await index.distrust();
  const object = entryObject(keys, name);
  return new BitacoraError(
    'DATA_CORRUPT',
    `The index’s copy of "${object}" is damaged. Run the command again: the index will be rebuilt first.`,
    { cause, details: { index: true, object } },
  );
}

/** The heads of the log as the index has it applied. */
export async function appliedHeads(index: UserIndex, keys: UserKeys): Promise<Head[]> {
  const heads = await Promise.all(index.mark.applied.map((name) => indexedEntry(index, keys, name)));
  return heads.map(({ name, entry }) => ({ name, time: entry.time }));
}

type Judgement = ReturnType<LogChain['finish']>;

/** Usually new entries follow the applied heads; else (a branch from further back, a checkpoint) all entries are looked at. */
async function judge(index: UserIndex, keys: UserKeys, fresh: readonly SealedEntry[]): Promise<Judgement> {
  const object = (name: EntryName) => entryObject(keys, name);
  const chain = new LogChain(object, await appliedHeads(index, keys));
  for (const entry of fresh) chain.add(entry);
  if (chain.plain) return chain.finish();
  const whole = new LogChain(object);
  for await (const entry of inOrder(index, keys, fresh)) whole.add(entry);
  return whole.finish();
}

async function* inOrder(index: UserIndex, keys: UserKeys, fresh: readonly SealedEntry[]): AsyncGenerator<NamedEntry> {
  let next = 0;
  for await (const { seq, hash, sealed } of index.entries()) {
    const name = { seq, hash };
    for (; next < fresh.length && compareNames(fresh[next]!.name, name) < 0; next++) yield fresh[next]!;
    try {
      yield { name, entry: openEntry(keys, name, sealed) };
    } catch (cause) {
      throw await damagedCopy(index, keys, name, cause);
    }
  }
  for (; next < fresh.length; next++) yield fresh[next]!;
}
