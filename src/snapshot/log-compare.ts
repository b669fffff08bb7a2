import { logPrefix, parseObjectName, uidOf } from '../format/index.js';
import type { CallOptions, ObjectReader } from '../storage/index.js';
import type { EntryName, UserIndex, UserKeys } from '../store/index.js';
import { compareNames } from './log-entry.js';

/** How the index's copy of the log differs from the backend's. */
export interface LogDifference {
  /** Entries that only the backend has, in log order. */
  readonly fresh: EntryName[];
  /** Entries that only the index has: it is newer than the vault, or the vault lost something. */
  readonly lost: EntryName[];
}

/** Names of the entries on a backend, in log order. What is not named as an entry is none. */
export async function* listEntries(
  backend: ObjectReader,
  keys: UserKeys,
  options: CallOptions = {},
): AsyncGenerator<EntryName> {
  for await (const { name } of backend.list(logPrefix(uidOf(keys.uid)), { ...options, lengths: false })) {
    const parsed = parseObjectName(name);
    if (parsed?.type === 'log') yield { seq: parsed.seq, hash: parsed.hash };
  }
}

/** Walks both lists side by side, so that memory holds only what differs. One listing, no object is read. */
export async function compareLog(
  backend: ObjectReader,
  index: UserIndex,
  keys: UserKeys,
  options: CallOptions = {},
): Promise<LogDifference> {
  const difference: LogDifference = { fresh: [], lost: [] };
  const known = index.entryNames();
  try {
    let here = (await known.next()).value;
    for await (const there of listEntries(backend, keys, options)) {
      while (here && compareNames(here, there) < 0) {
        difference.lost.push(here);
        here = (await known.next()).value;
      }
      if (here && compareNames(here, there) === 0) here = (await known.next()).value;
      else difference.fresh.push(there);
    }
    for (; here; here = (await known.next()).value) difference.lost.push(here);
  } finally {
    await known.return(undefined);
  }
  return difference;
}
