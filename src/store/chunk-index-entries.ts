import type { Database } from './chunk-index-database.js';
import { entryOf, TAG, tagRange } from './chunk-index-keys.js';
import type { EntryName } from './chunk-index-records.js';

export interface IndexedEntry extends EntryName {
  readonly sealed: Uint8Array;
  /** A checkpoint stands for it: its predecessors may be gone, and it says nothing any more. */
  readonly covered: boolean;
}

/** Turns errors of LevelDB into those that callers act on. */
type Guard = <T>(run: () => Promise<T>) => Promise<T>;

const AT_ONCE = 1000;
/** Who reads from the end mostly wants the newest few. */
const NEWEST_AT_ONCE = 64;

/** A user's log entries in the order of their names, or the other way round. */
export async function* entriesOf(
  database: Database,
  uid: Uint8Array,
  guard: Guard,
  reverse: boolean,
): AsyncGenerator<IndexedEntry> {
  const iterator = database.iterator({ ...tagRange(uid, TAG.entry), reverse });
  try {
    for (;;) {
      const found = await guard(() => iterator.nextv(reverse ? NEWEST_AT_ONCE : AT_ONCE));
      if (found.length === 0) return;
      for (const [key, value] of found) yield { ...entryOf(key), sealed: value.subarray(1), covered: value[0] === 1 };
    }
  } finally {
    await iterator.close();
  }
}

/** Their names alone, oldest first. */
export async function* entryNamesOf(database: Database, uid: Uint8Array, guard: Guard): AsyncGenerator<EntryName> {
  const iterator = database.keys(tagRange(uid, TAG.entry));
  try {
    for (;;) {
      const keys = await guard(() => iterator.nextv(AT_ONCE));
      if (keys.length === 0) return;
      for (const key of keys) yield entryOf(key);
    }
  } finally {
    await iterator.close();
  }
}
