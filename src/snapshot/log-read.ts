import { type BitacoraError, isBitacoraError } from '../base/index.js';
import type { CallOptions, ObjectReader } from '../storage/index.js';
import type { EntryName, UserKeys } from '../store/index.js';
import { entryObject, openEntry, type SealedEntry } from './log-entry.js';

export interface ReadEntries extends CallOptions {
  readonly backend: ObjectReader;
  readonly keys: UserKeys;
}

/** An entry whose object is there and cannot be opened. */
export interface DamagedEntry {
  readonly name: EntryName;
  /** `DATA_CORRUPT` naming the object. */
  readonly damage: BitacoraError;
}

const READS_AT_ONCE = 8;

export function isDamaged(entry: SealedEntry | DamagedEntry): entry is DamagedEntry {
  return 'damage' in entry;
}

/**
 * Entries from the backend in the order asked, each checked on its own. One that is damaged hides no other; one that has gone
 * meanwhile is passed over. Throws `DATA_CORRUPT` with the reason `key` for one whose key is not there, `FORMAT_NEWER`, `CANCELLED`, and the backend's errors where it could not be asked.
 */
export async function* readEntries(
  { backend, keys, signal }: ReadEntries,
  names: Iterable<EntryName> | AsyncIterable<EntryName>,
): AsyncGenerator<SealedEntry | DamagedEntry> {
  const read = async (name: EntryName): Promise<SealedEntry | DamagedEntry | undefined> => {
    try {
      const sealed = await backend.get(entryObject(keys, name), { signal });
      return { name, sealed, entry: openEntry(keys, name, sealed) };
    } catch (error) {
      // Whoever lacks a key of the log must not go on with an older one.
      if (isBitacoraError(error, 'DATA_CORRUPT') && error.details.reason !== 'key') return { name, damage: error };
      if (isBitacoraError(error, 'OBJECT_MISSING')) return undefined;
      throw error;
    }
  };
  let under: EntryName[] = [];
  const settle = async () => (await Promise.all(under.map(read))).filter((entry) => entry !== undefined);
  for await (const name of names) {
    under.push(name);
    if (under.length < READS_AT_ONCE) continue;
    yield* await settle();
    under = [];
  }
  yield* await settle();
}
