import { asBuffer } from '../base/index.js';
import type { QuarantinedPack } from '../format/index.js';
import type { Batch, Database } from './chunk-index-database.js';
import type { LogGap } from './chunk-index-gaps.js';
import { entryKey, entryOf, TAG, tagRange } from './chunk-index-keys.js';
import type { EntryName } from './chunk-index-records.js';

/** A log entry with the bytes of its object. */
export interface EntryBytes extends EntryName {
  readonly sealed: Uint8Array;
}

/** An object of the log. */
export interface IndexedObject extends EntryName {
  /** A checkpoint stands for it: its predecessors may be gone, and it says nothing any more. */
  readonly covered: boolean;
  /** Whether it is a segment. */
  readonly segment: boolean;
  readonly bytes: number;
}

export interface AppliedEntries {
  readonly entries: readonly (EntryBytes & { readonly covered?: boolean; readonly segment?: boolean })[];
  /** Objects that are known already, and that a checkpoint stands for from now on. */
  readonly covers?: readonly EntryName[] | undefined;
  /** Entries that lie in segments. */
  readonly inside?: readonly EntryBytes[] | undefined;
  /** Entries that lie in no segment any more. */
  readonly outside?: readonly EntryName[] | undefined;
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
const COVERED = 1;
/** The object's bytes have a key of their own: who goes through the log does not want them. */
const SEGMENT = 2;

function objectOf(key: Uint8Array, value: Uint8Array): IndexedObject {
  const flags = value[0]!;
  const segment = (flags & SEGMENT) !== 0;
  const bytes = segment && value.length === 5 ? asBuffer(value).readUInt32BE(1) : value.length - 1;
  return { ...entryOf(key), covered: (flags & COVERED) !== 0, segment, bytes };
}

/** The objects of a user's log in the order of their names, without their bytes. */
export async function* objectsOf(database: Database, uid: Uint8Array, guard: Guard): AsyncGenerator<IndexedObject> {
  const iterator = database.iterator(tagRange(uid, TAG.entry));
  try {
    for (;;) {
      const found = await guard(() => iterator.nextv(AT_ONCE));
      if (found.length === 0) return;
      for (const [key, value] of found) yield objectOf(key, value);
    }
  } finally {
    await iterator.close();
  }
}

/** Entries that hold and stand before the one told, be they objects or in segments, newest first; segments themselves are passed over. */
export async function* heldEntriesOf(
  database: Database,
  uid: Uint8Array,
  guard: Guard,
  before?: EntryName,
): AsyncGenerator<EntryBytes> {
  const range = (tag: typeof TAG.entry | typeof TAG.inside) => {
    const end = before && { lt: entryKey(uid, before.seq, before.hash, tag) };
    return { ...tagRange(uid, tag), ...end, reverse: true };
  };
  // Made together: both see the index as it is now.
  const objects = database.iterator(range(TAG.entry));
  const inside = database.iterator(range(TAG.inside));
  const outer = new Reader(objects, guard, (key, value) =>
    value[0] === 0 ? { ...entryOf(key), sealed: value.subarray(1) } : undefined,
  );
  const inner = new Reader(inside, guard, (key, value) => ({ ...entryOf(key), sealed: value }));
  try {
    for (;;) {
      const [a, b] = [await outer.peek(), await inner.peek()];
      const order = a && b ? a.seq - b.seq || Buffer.compare(a.hash, b.hash) : a ? 1 : -1;
      const next = order >= 0 ? a : b;
      if (!next) return;
      if (order >= 0) outer.take();
      // Between a segment and the checkpoint that lists it an entry is there twice.
      if (order <= 0) inner.take();
      yield next;
    }
  } finally {
    await Promise.all([objects.close(), inside.close()]);
  }
}

interface Pairs {
  nextv(size: number): Promise<[Uint8Array, Uint8Array][]>;
}

/** One item after the other of an iterator that gives many at once. */
class Reader {
  readonly #iterator: Pairs;
  readonly #guard: Guard;
  readonly #parse: (key: Uint8Array, value: Uint8Array) => EntryBytes | undefined;
  #found: EntryBytes[] = [];
  #at = 0;
  #ended = false;

  constructor(iterator: Pairs, guard: Guard, parse: (key: Uint8Array, value: Uint8Array) => EntryBytes | undefined) {
    this.#iterator = iterator;
    this.#guard = guard;
    this.#parse = parse;
  }

  /** The next item; undefined at the end. */
  async peek(): Promise<EntryBytes | undefined> {
    while (this.#at >= this.#found.length && !this.#ended) {
      const pairs = await this.#guard(() => this.#iterator.nextv(NEWEST_AT_ONCE));
      this.#ended = pairs.length === 0;
      this.#found = pairs.map(([key, value]) => this.#parse(key, value)).filter((entry) => entry !== undefined);
      this.#at = 0;
    }
    return this.#found[this.#at];
  }

  take(): void {
    this.#at++;
  }
}

/** Names of the log's objects alone, oldest first. */
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

/** The sealed bytes of an entry, be it an object or in a segment. */
export async function entryBytes(
  database: Database,
  uid: Uint8Array,
  { seq, hash }: EntryName,
): Promise<Uint8Array | undefined> {
  const value = await database.get(entryKey(uid, seq, hash));
  if (!value) return database.get(entryKey(uid, seq, hash, TAG.inside));
  if ((value[0]! & SEGMENT) === 0) return value.subarray(1);
  return database.get(entryKey(uid, seq, hash, TAG.segment));
}

/** Adds entries, and marks those that a checkpoint stands for; resolves with how many objects are new. */
export async function putEntries(
  database: Database,
  batch: Batch,
  uid: Uint8Array,
  { entries, covers = [], inside = [], outside = [] }: AppliedEntries,
): Promise<number> {
  const keys = entries.map(({ seq, hash }) => entryKey(uid, seq, hash));
  const present = await database.hasMany(keys);
  entries.forEach(({ seq, hash, sealed, covered = false, segment = false }, i) => {
    const value = Buffer.alloc(segment ? 5 : 1 + sealed.length);
    value[0] = (covered ? COVERED : 0) + (segment ? SEGMENT : 0);
    if (segment) {
      value.writeUInt32BE(sealed.length, 1);
      batch.put(entryKey(uid, seq, hash, TAG.segment), sealed);
    } else value.set(sealed, 1);
    batch.put(keys[i]!, value);
  });
  const coveredKeys = covers.map(({ seq, hash }) => entryKey(uid, seq, hash));
  const values = await database.getMany(coveredKeys);
  coveredKeys.forEach((key, i) => {
    const value = values[i] && new Uint8Array(values[i]);
    if (!value) return;
    value[0]! |= COVERED;
    batch.put(key, value);
  });
  for (const { seq, hash } of outside) batch.del(entryKey(uid, seq, hash, TAG.inside));
  for (const { seq, hash, sealed } of inside) batch.put(entryKey(uid, seq, hash, TAG.inside), sealed);
  return present.filter((there) => !there).length;
}

/** Drops objects that a checkpoint stands for; resolves with false, and nothing is dropped, if one still says something. */
export async function delCovered(
  database: Database,
  batch: Batch,
  uid: Uint8Array,
  names: readonly EntryName[],
): Promise<boolean> {
  const keys = names.map(({ seq, hash }) => entryKey(uid, seq, hash));
  const values = await database.getMany(keys);
  if (!values.every((value) => value !== undefined && (value[0]! & COVERED) !== 0)) return false;
  names.forEach(({ seq, hash }, i) => {
    batch.del(keys[i]!);
    batch.del(entryKey(uid, seq, hash, TAG.segment));
  });
  return true;
}
