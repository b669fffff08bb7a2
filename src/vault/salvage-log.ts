import { isBitacoraError, type Logger, toHex } from '../base/index.js';
import { type LogEntry, packName, uidOf } from '../format/index.js';
import {
  entryObject,
  isDamaged,
  LogChain,
  listEntries,
  openEntry,
  openSegment,
  packsBuriedBy,
  packsNamedBy,
  readEntries,
} from '../snapshot/index.js';
import type { Backend, CallOptions } from '../storage/index.js';
import type { EntryName, UserIndex, UserKeys } from '../store/index.js';

export interface SalvageContext extends CallOptions {
  readonly backend: Backend;
  readonly index: UserIndex;
  readonly keys: UserKeys;
  readonly logger: Logger;
}

/**
 * Puts back the entries that the log on the backend needs and lacks, or has damaged, from the index's copies: those are the very
 * bytes. So are those at its end that nothing names, as long as the packs that they brought are there.
 *
 * @returns the objects put back.
 * @throws {BitacoraError} `FORMAT_NEWER`; the backend's errors: then no copy is lost.
 */
export async function salvageLog(context: SalvageContext): Promise<string[]> {
  const { backend, keys, signal } = context;
  const copies = await indexedNames(context.index);
  if (copies.size === 0) return [];
  const chain = new LogChain((name) => entryObject(keys, name));
  const damaged: Uint8Array[] = [];
  const there = new Set<string>();
  const buried = new Set<string>();
  const coveredThere = new Set<string>();
  for await (const entry of readEntries({ backend, keys, signal }, listEntries(backend, keys, { signal }))) {
    there.add(toHex(entry.name.hash));
    if (isDamaged(entry)) damaged.push(entry.name.hash);
    else {
      addSound(chain, entry);
      for (const pack of packsBuriedBy(entry.entry)) buried.add(toHex(pack));
      if (entry.entry.kind === 'checkpoint') {
        for (const hash of [...entry.entry.body.covered, ...entry.entry.body.heads]) coveredThere.add(toHex(hash));
      }
    }
  }
  const { gaps, covers } = chain.finish();
  const wanted = [...damaged.filter((hash) => !covers(hash)), ...gaps.map(({ missing }) => missing)];
  const putBack: string[] = [];
  const seen = new Set<string>();
  for (let hash = wanted.pop(); hash !== undefined; hash = wanted.pop()) {
    const name = copies.get(toHex(hash));
    if (!name || seen.has(toHex(hash))) continue;
    seen.add(toHex(hash));
    const entry = await entryCopy(context, name);
    if (!entry) continue;
    await restoreEntry(context, name);
    putBack.push(entryObject(keys, name));
    // What it names itself may be missing as well.
    for (const before of entry.prev) if (!(await isThere(context, copies.get(toHex(before))))) wanted.push(before);
  }
  const end = [...copies].filter(([hex, { hash }]) => !there.has(hex) && !seen.has(hex) && !covers(hash));
  putBack.push(
    ...(await restoreEnd(
      context,
      end.map(([, name]) => name),
      // What was put back by name is there by now.
      new Set([...there, ...seen, ...coveredThere]),
      buried,
    )),
  );
  return putBack;
}

/**
 * In log order, and none beyond one whose packs are gone: a vault that was put back to an older state as a whole does not have
 * them, and stays as it was put. So does one that has again what the end of the log gave up: maybe it was put back for that.
 */
async function restoreEnd(
  context: SalvageContext,
  missing: readonly EntryName[],
  there: ReadonlySet<string>,
  buriedThere: ReadonlySet<string>,
): Promise<string[]> {
  const sound = await soundBeginning(context, missing, there, buriedThere);
  /** Where what only takes away begins, and whether what it gave up is there again. */
  let before = 0;
  let isThereAgain = false;
  for (const [i, { entry }] of sound.entries()) {
    if (await givesUpWhatIsThere(context, entry, buriedThere)) isThereAgain = true;
    // What only says again what others said brings nothing.
    else if (entry.kind !== 'forget' && !(isThereAgain && SUMMARIES.has(entry.kind))) {
      before = i + 1;
      isThereAgain = false;
    }
  }
  const putBack = (isThereAgain ? sound.slice(0, before) : sound).map(({ name }) => name);
  for (const name of putBack) await restoreEntry(context, name);
  return putBack.map((name) => entryObject(context.keys, name));
}

interface SoundEntry {
  readonly name: EntryName;
  readonly entry: LogEntry;
}

/** What comes before the first entry that is not whole, or whose packs are gone and given up by none of what is put back. */
async function soundBeginning(
  context: SalvageContext,
  missing: readonly EntryName[],
  there: ReadonlySet<string>,
  buriedThere: ReadonlySet<string>,
): Promise<readonly SoundEntry[]> {
  for (let names = missing; ; ) {
    const buried = new Set([...buriedThere, ...(await buriedPacks(context, names))]);
    const known = new Set([...there, ...(await coveredHashes(context, names))]);
    const sound: SoundEntry[] = [];
    for (const name of names) {
      const entry = await entryCopy(context, name);
      if (!entry || !(await hasPacks(context, entry, buried))) break;
      // The index keeps no copy of what a checkpoint stood for: without that checkpoint there is a gap before what follows.
      if (!entry.prev.every((before) => known.has(toHex(before)))) break;
      known.add(toHex(name.hash));
      sound.push({ name, entry });
    }
    if (sound.length === names.length) return sound;
    // What gives packs up may be among what is not put back: then they are needed.
    names = sound.map(({ name }) => name);
  }
}

const SUMMARIES: ReadonlySet<string> = new Set(['segment', 'checkpoint']);

/** @param buried - Packs that the log on the backend itself says are gone. */
async function givesUpWhatIsThere(
  { backend, keys, signal }: SalvageContext,
  entry: LogEntry,
  buried: ReadonlySet<string>,
): Promise<boolean> {
  const isThere = async (hash: Uint8Array) =>
    (await backend.stat(packName(uidOf(keys.uid), hash), { signal })) !== undefined;
  if (entry.kind === 'checkpoint') {
    // It sums up tombstones of long ago, too: one pack that came back will do.
    for (const hash of entry.body.packs) if (!buried.has(toHex(hash)) && (await isThere(hash))) return true;
    return false;
  }
  if (entry.kind !== 'tombstone' || entry.body.packs.length === 0) return false;
  for (const hash of entry.body.packs) if (!(await isThere(hash))) return false;
  return true;
}

/** Save those that an entry among them says went on purpose. */
async function hasPacks(
  { backend, keys, signal }: SalvageContext,
  entry: LogEntry,
  buried: ReadonlySet<string>,
): Promise<boolean> {
  for (const hash of named(keys, entry)) {
    if (buried.has(toHex(hash))) continue;
    if (!(await backend.stat(packName(uidOf(keys.uid), hash), { signal }))) return false;
  }
  return true;
}

function* named(keys: UserKeys, entry: LogEntry): Generator<Uint8Array> {
  yield* packsNamedBy(entry);
  if (entry.kind !== 'segment') return;
  for (const inside of openSegment(keys, entry.body)) yield* packsNamedBy(inside.entry);
}

/** What checkpoints among entries stand for. */
async function coveredHashes(context: SalvageContext, names: readonly EntryName[]): Promise<Set<string>> {
  const covered = new Set<string>();
  for (const name of names) {
    const entry = await entryCopy(context, name);
    if (entry?.kind !== 'checkpoint') continue;
    for (const hash of [...entry.body.covered, ...entry.body.heads]) covered.add(toHex(hash));
  }
  return covered;
}

async function buriedPacks(context: SalvageContext, names: readonly EntryName[]): Promise<Set<string>> {
  const buried = new Set<string>();
  for (const name of names) {
    const entry = await entryCopy(context, name);
    if (entry) for (const pack of packsBuriedBy(entry)) buried.add(toHex(pack));
  }
  return buried;
}

function addSound(chain: LogChain, entry: Parameters<LogChain['add']>[0]): void {
  try {
    chain.add(entry);
  } catch (error) {
    if (!isBitacoraError(error, 'DATA_CORRUPT')) throw error;
  }
}

async function indexedNames(index: UserIndex): Promise<Map<string, EntryName>> {
  const names = new Map<string, EntryName>();
  for await (const name of index.entryNames()) names.set(toHex(name.hash), name);
  return names;
}

async function isThere({ backend, keys, signal }: SalvageContext, name: EntryName | undefined): Promise<boolean> {
  return name === undefined || (await backend.stat(entryObject(keys, name), { signal })) !== undefined;
}

/** The index's copy of an entry, or undefined where that is not good either. */
async function entryCopy({ index, keys }: SalvageContext, name: EntryName): Promise<LogEntry | undefined> {
  const sealed = await index.entry(name);
  if (!sealed) return undefined;
  try {
    return openEntry(keys, name, sealed);
  } catch (error) {
    if (isBitacoraError(error, 'DATA_CORRUPT')) return undefined;
    throw error;
  }
}

/** @param name - Of an entry whose copy was found good. */
async function restoreEntry({ backend, index, keys, logger, signal }: SalvageContext, name: EntryName): Promise<void> {
  const object = entryObject(keys, name);
  const sealed = await index.entry(name);
  if (!sealed) throw new TypeError(`The index no longer has its copy of "${object}".`);
  // Bytes of its name are never another entry's: what lies there and differs is damaged.
  await backend.remover().remove(object, { signal });
  await backend.put(object, { bytes: sealed });
  logger.warn('A log entry was missing or damaged, and was put back from the index’s copy.', { object });
}
