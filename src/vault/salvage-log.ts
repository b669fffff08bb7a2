import { isBitacoraError, type Logger, toHex } from '../base/index.js';
import { entryObject, isDamaged, LogChain, listEntries, openEntry, readEntries } from '../snapshot/index.js';
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
 * bytes. What nothing on the backend names stays away, since the vault may have been put back to an older state on purpose.
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
  for await (const entry of readEntries({ backend, keys, signal }, listEntries(backend, keys, { signal }))) {
    if (isDamaged(entry)) damaged.push(entry.name.hash);
    else addSound(chain, entry);
  }
  const { gaps, covers } = chain.finish();
  const wanted = [...damaged.filter((hash) => !covers(hash)), ...gaps.map(({ missing }) => missing)];
  const putBack: string[] = [];
  const seen = new Set<string>();
  for (let hash = wanted.pop(); hash !== undefined; hash = wanted.pop()) {
    const name = copies.get(toHex(hash));
    if (!name || seen.has(toHex(hash))) continue;
    seen.add(toHex(hash));
    const prev = await restoreEntry(context, name);
    if (!prev) continue;
    putBack.push(entryObject(keys, name));
    // What it names itself may be missing as well.
    for (const before of prev) if (!(await isThere(context, copies.get(toHex(before))))) wanted.push(before);
  }
  return putBack;
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

/** Resolves with what the entry names as its predecessors, or undefined where the index's copy is not good either. */
async function restoreEntry(context: SalvageContext, name: EntryName): Promise<readonly Uint8Array[] | undefined> {
  const { backend, index, keys, logger, signal } = context;
  const object = entryObject(keys, name);
  const sealed = await index.entry(name);
  if (!sealed) return undefined;
  let prev: readonly Uint8Array[];
  try {
    prev = openEntry(keys, name, sealed).prev;
  } catch (error) {
    if (isBitacoraError(error, 'DATA_CORRUPT')) return undefined;
    throw error;
  }
  // Bytes of its name are never another entry's: what lies there and differs is damaged.
  await backend.remover().remove(object, { signal });
  await backend.put(object, { bytes: sealed });
  logger.warn('A log entry was missing or damaged, and was put back from the index’s copy.', { object });
  return prev;
}
