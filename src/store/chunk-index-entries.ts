import type { QuarantinedPack } from '../format/index.js';
import type { Batch, Database } from './chunk-index-database.js';
import type { LogGap } from './chunk-index-gaps.js';
import { entryKey, entryOf, TAG, tagRange } from './chunk-index-keys.js';
import type { EntryName } from './chunk-index-records.js';

export interface IndexedEntry extends EntryName {
  readonly sealed: Uint8Array;
  /** A checkpoint stands for it: its predecessors may be gone, and it says nothing any more. */
  readonly covered: boolean;
}

export interface AppliedEntries {
  readonly entries: readonly (EntryName & { readonly sealed: Uint8Array; readonly covered?: boolean })[];
  /** The log's heads once the entries are applied. */
  readonly heads: readonly EntryName[];
  /** Names of the packs that the entries' manifests name, and that tombstones say were added. */
  readonly packs: readonly Uint8Array[];
  /** Packs that tombstones name. */
  readonly buried?: readonly Uint8Array[] | undefined;
  /** What the entries say of damage, in their order. Packs that are not known are passed over. */
  readonly quarantine?: readonly QuarantinedPack[] | undefined;
  /** All that the log as a whole lacks from now on; left out, what was known of that stays. */
  readonly gaps?: readonly LogGap[] | undefined;
  /** Whether one of the packs is damaged or gone, as `setSuspect` says it. */
  readonly suspect?: boolean | undefined;
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

/** Adds entries; resolves with how many of them are new. */
export async function putEntries(
  database: Database,
  batch: Batch,
  uid: Uint8Array,
  entries: AppliedEntries['entries'],
): Promise<number> {
  const keys = entries.map(({ seq, hash }) => entryKey(uid, seq, hash));
  const present = await database.hasMany(keys);
  entries.forEach(({ sealed, covered = false }, i) => {
    const value = new Uint8Array(1 + sealed.length);
    value[0] = covered ? 1 : 0;
    value.set(sealed, 1);
    batch.put(keys[i]!, value);
  });
  return present.filter((there) => !there).length;
}
