import { BitacoraError, fromHex, isBitacoraError, toHex } from '../base/index.js';
import type { QuarantinedPack } from '../format/index.js';
import type { EntryName, UserIndex, UserKeys } from '../store/index.js';
import { applyToIndex, packsBuriedBy } from './log-apply.js';
import { type Head, type Judgement, LogChain } from './log-chain.js';
import { compareNames, entryObject, missingEntry, type NamedEntry, openEntry, type SealedEntry } from './log-entry.js';
import { type LogFacts, LogFactsReader } from './log-facts.js';
import { isDamaged, type ReadEntries, readEntries } from './log-read.js';
import { segmentEntries } from './log-segment.js';

export interface CatchUp extends ReadEntries {
  readonly index: UserIndex;
  /**
   * Makes packs that new manifests name known to the index; called before their manifests count as applied. Resolves with whether
   * one is damaged or gone.
   */
  readonly addPacks: (names: readonly Uint8Array[]) => Promise<boolean>;
}

/**
 * Reads entries that the index lacks, checks that they continue the log, and applies them in one batch. What is damaged is left
 * out, and what is missing is noted as a gap of the log: neither keeps the rest from its user.
 *
 * @param fresh - As `compareLog` gives them.
 * @returns what is wrong with the log: `DATA_CORRUPT` or `OBJECT_MISSING` naming an entry each.
 * @throws {BitacoraError} `FORMAT_NEWER`, and the backend's errors; then nothing is applied.
 */
export async function catchUpLog(options: CatchUp, fresh: readonly EntryName[]): Promise<BitacoraError[]> {
  const { index, keys } = options;
  const entries: SealedEntry[] = [];
  const damaged = new Map<string, BitacoraError>();
  for await (const entry of readEntries(options, fresh)) {
    if (isDamaged(entry)) damaged.set(toHex(entry.name.hash), entry.damage);
    else entries.push(entry);
  }
  const { judgement, whole, sound } = await judge(index, keys, entries, damaged);
  const { heads, covered, covers } = judgement;
  if (entries.length > 0) {
    const facts = new LogFactsReader(keys);
    for (const entry of sound) facts.add(entry);
    const packs = namesOf(facts.finish(covers), sound);
    const suspect = await options.addPacks(packs);
    const gaps = whole ? judgement.gaps : undefined;
    const names = heads.map(({ name }) => name);
    const outside = await leftSegments(index, keys, covered, sound);
    const quarantine = whole ? await damageTold(index, keys, sound, covers) : undefined;
    await applyToIndex(index, { entries: sound, heads: names, covered, outside, packs, quarantine, gaps, suspect });
  }
  const damages = [...damaged].filter(([hash]) => !covers(fromHex(hash))).map(([, damage]) => damage);
  return [...damages, ...missingEntries(index, keys).filter(({ details }) => !damaged.has(String(details.object)))];
}

/** What entries name without a tombstone among them naming it too. */
function namesOf({ named }: LogFacts, entries: readonly SealedEntry[]): Uint8Array[] {
  const buried = new Set(entries.flatMap(({ entry }) => packsBuriedBy(entry).map(toHex)));
  return [...named].filter((pack) => !buried.has(pack)).map(fromHex);
}

/** What lay in segments of which a checkpoint among the new entries disposes, and in none of the new ones. */
async function leftSegments(
  index: UserIndex,
  keys: UserKeys,
  covered: readonly EntryName[],
  fresh: readonly SealedEntry[],
): Promise<EntryName[]> {
  if (covered.length === 0) return [];
  const mute = new Set(covered.map(({ hash }) => toHex(hash)));
  const left = new Map<string, EntryName>();
  for await (const { seq, hash, segment } of index.entryObjects()) {
    if (!segment || !mute.has(toHex(hash))) continue;
    const { entry } = await indexedEntry(index, keys, { seq, hash });
    if (entry.kind !== 'segment') continue;
    for (const { seq, hash } of segmentEntries(entry.body)) left.set(toHex(hash), { seq, hash });
  }
  if (left.size === 0) return [];
  for (const { name, entry } of fresh) {
    if (entry.kind !== 'segment' || mute.has(toHex(name.hash))) continue;
    for (const { hash } of segmentEntries(entry.body)) left.delete(toHex(hash));
  }
  return [...left.values()];
}

/** What the whole log says of damage, where not only its end is new. */
async function damageTold(
  index: UserIndex,
  keys: UserKeys,
  fresh: readonly SealedEntry[],
  covers: (hash: Uint8Array) => boolean,
): Promise<readonly QuarantinedPack[]> {
  const facts = new LogFactsReader(keys);
  for await (const named of inOrder(index, keys, fresh)) if (named.entry.kind !== 'segment') facts.add(named);
  return facts.finish(covers).quarantine;
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

/** What the log is known to lack, `OBJECT_MISSING` each. */
export function missingEntries(index: UserIndex, keys: UserKeys): BitacoraError[] {
  return index.gaps.map((gap) => missingEntry(keys, gap));
}

interface Judged {
  readonly judgement: Judgement;
  /** Whether all entries were looked at, and not the new ones alone. */
  readonly whole: boolean;
  /** The new entries without those that cannot stand where they say. */
  readonly sound: readonly SealedEntry[];
}

/**
 * Usually new entries follow the applied heads; else (a branch from further back, a checkpoint, a log with gaps) all entries are
 * looked at.
 */
async function judge(
  index: UserIndex,
  keys: UserKeys,
  fresh: readonly SealedEntry[],
  damaged: Map<string, BitacoraError>,
): Promise<Judged> {
  const object = (name: EntryName) => entryObject(keys, name);
  const sound: SealedEntry[] = [];
  const add = (chain: LogChain, named: NamedEntry): boolean => {
    try {
      chain.add(named);
      return true;
    } catch (error) {
      if (!isBitacoraError(error, 'DATA_CORRUPT')) throw error;
      damaged.set(toHex(named.name.hash), error);
      return false;
    }
  };
  if (index.gaps.length === 0 && damaged.size === 0) {
    const chain = new LogChain(object, await appliedHeads(index, keys));
    for (const entry of fresh) if (add(chain, entry)) sound.push(entry);
    if (chain.plain) return { judgement: chain.finish(), whole: false, sound };
  }
  sound.length = 0;
  const chain = new LogChain(object);
  const isFresh = new Set<NamedEntry>(fresh);
  for await (const entry of inOrder(index, keys, fresh)) {
    if (add(chain, entry) && isFresh.has(entry)) sound.push(entry as SealedEntry);
  }
  return { judgement: chain.finish(), whole: true, sound };
}

async function* inOrder(index: UserIndex, keys: UserKeys, fresh: readonly SealedEntry[]): AsyncGenerator<NamedEntry> {
  let next = 0;
  for await (const { seq, hash } of index.entryObjects()) {
    const name = { seq, hash };
    for (; next < fresh.length && compareNames(fresh[next]!.name, name) < 0; next++) yield fresh[next]!;
    yield await indexedEntry(index, keys, name);
  }
  for (; next < fresh.length; next++) yield fresh[next]!;
}
