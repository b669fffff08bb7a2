import { toHex } from '../base/index.js';
import type { Batch, Database } from './chunk-index-database.js';
import { damagedIndex, indexError, isIndexDamage } from './chunk-index-errors.js';
import {
  chunkKeys,
  entryKey,
  entryOf,
  ID_BYTES,
  ordinalKey,
  ordinalOf,
  TAG,
  tagKey,
  tagRange,
  userRange,
} from './chunk-index-keys.js';
import { keysAmong, keysOf, type PackContents, putChunks } from './chunk-index-places.js';
import {
  type ChunkLocation,
  decodeMark,
  EMPTY_MARK,
  type EntryName,
  encodeMark,
  type IndexMark,
  readLocation,
  type StoredMark,
  withChecksum,
  withoutChecksum,
} from './chunk-index-records.js';

export interface IndexedEntry extends EntryName {
  readonly sealed: Uint8Array;
  /** A checkpoint stands for it: its predecessors may be gone, and it says nothing any more. */
  readonly covered: boolean;
}

export interface AppliedEntries {
  readonly entries: readonly (EntryName & { readonly sealed: Uint8Array; readonly covered?: boolean })[];
  /** The log's heads once the entries are applied. */
  readonly heads: readonly EntryName[];
  /** Names of the packs that the entries' manifests name. */
  readonly packs: readonly Uint8Array[];
}

/** One user's part of the index. Calls may overlap: changes are made one after another. */
export class UserIndex {
  readonly #database: Database;
  readonly #directory: string;
  readonly #uid: Uint8Array;
  #mark: StoredMark = EMPTY_MARK;
  readonly #names = new Map<number, Uint8Array>();
  readonly #ordinals = new Map<string, number>();
  readonly #loose = new Set<number>();
  #distrusted = false;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(database: Database, directory: string, uid: Uint8Array) {
    this.#database = database;
    this.#directory = directory;
    this.#uid = new Uint8Array(uid);
  }

  /** Use `ChunkIndex.user`. */
  static async open(database: Database, directory: string, uid: Uint8Array): Promise<UserIndex> {
    const index = new UserIndex(database, directory, uid);
    await index.#guard(() => index.#load());
    return index;
  }

  get mark(): IndexMark {
    return this.#mark;
  }

  /** Whether no chunk is known: then none need be looked up. */
  get empty(): boolean {
    return this.#mark.chunks === 0;
  }

  /**
   * Where chunks are, in the order of `ids`; undefined for those that are not known.
   *
   * @param ids - n × 32 bytes; not kept.
   */
  lookup(ids: Uint8Array): Promise<(ChunkLocation | undefined)[]> {
    return this.#guard(async () => {
      const found = await this.#database.getMany(chunkKeys(this.#uid, ids));
      const locations = new Array<ChunkLocation | undefined>(found.length);
      for (let i = 0; i < found.length; i++) {
        const value = found[i];
        locations[i] = value && this.#location(value);
      }
      return locations;
    });
  }

  /**
   * Makes a pack's chunks known, in one batch. Where a chunk is known already, the newer place holds. Adding a pack
   * again changes nothing but sets its chunks' places anew.
   *
   * @param sealedHead - The pack's header and sealed footer as on the backend.
   * @returns The pack's ordinal.
   */
  addPack(name: Uint8Array, sealedHead: Uint8Array, contents: PackContents): Promise<number> {
    return this.#change(async (batch) => {
      const known = this.packOrdinal(name);
      const ordinal = known ?? this.#mark.nextOrdinal;
      const count = await putChunks(batch, this.#uid, ordinal, contents);
      if (known !== undefined) return { mark: this.#mark, result: known };
      const kept = new Uint8Array(name);
      batch.put(ordinalKey(this.#uid, TAG.pack, ordinal), withChecksum(kept));
      batch.put(ordinalKey(this.#uid, TAG.head, ordinal), sealedHead);
      batch.put(ordinalKey(this.#uid, TAG.loose, ordinal), new Uint8Array(0));
      const { packs, chunks } = this.#mark;
      return {
        mark: { ...this.#mark, packs: packs + 1, chunks: chunks + count, nextOrdinal: ordinal + 1 },
        result: ordinal,
        learn: () => {
          this.#names.set(ordinal, kept);
          this.#ordinals.set(toHex(kept), ordinal);
          this.#loose.add(ordinal);
        },
      };
    });
  }

  /** Throws `DATA_CORRUPT` with `details.index` if there is no such pack. */
  packName(ordinal: number): Uint8Array {
    const name = this.#names.get(ordinal);
    if (!name) throw damagedIndex(this.#directory, `no pack has the number ${ordinal}`);
    return name;
  }

  packOrdinal(name: Uint8Array): number | undefined {
    return this.#ordinals.get(toHex(name));
  }

  /** Names of all known packs, in the order in which they came. */
  packNames(): Uint8Array[] {
    return [...this.#names.values()];
  }

  /** Names of packs that no applied manifest names: of a backup under way, or of one that was cut short. */
  loosePacks(): Uint8Array[] {
    return [...this.#loose].map((ordinal) => this.packName(ordinal));
  }

  /** The header and sealed footer of a pack, as on the backend. */
  sealedHead(ordinal: number): Promise<Uint8Array> {
    return this.#guard(async () => {
      const head = await this.#database.get(ordinalKey(this.#uid, TAG.head, ordinal));
      if (!head) throw damagedIndex(this.#directory, `the head of pack number ${ordinal} is missing`);
      return head;
    });
  }

  /**
   * Forgets a pack and the chunks whose known place is in it, in one batch. A chunk that lies in another pack too is
   * not known again before that one is added again.
   *
   * @param ids - The pack's chunk ids (n × 32 bytes); without them, all of the user's chunks are gone through.
   */
  forgetPack(name: Uint8Array, ids?: Uint8Array): Promise<void> {
    return this.#change(async (batch) => {
      const ordinal = this.packOrdinal(name);
      if (ordinal === undefined) return { mark: this.#mark, result: undefined };
      const doomed = ids
        ? await keysAmong(this.#database, this.#uid, ids, ordinal)
        : await keysOf(this.#database, this.#uid, ordinal);
      for (const key of doomed) batch.del(key);
      for (const tag of [TAG.pack, TAG.head, TAG.loose]) batch.del(ordinalKey(this.#uid, tag, ordinal));
      const { packs, chunks } = this.#mark;
      return {
        mark: { ...this.#mark, packs: packs - 1, chunks: packs === 1 ? 0 : Math.max(1, chunks - doomed.length) },
        result: undefined,
        learn: () => {
          this.#names.delete(ordinal);
          this.#ordinals.delete(toHex(name));
          this.#loose.delete(ordinal);
        },
      };
    });
  }

  /** Adds log entries and says how far the log is applied, in one batch. Known entries are written again. */
  applyEntries({ entries, heads, packs }: AppliedEntries): Promise<void> {
    return this.#change(async (batch) => {
      const keys = entries.map(({ seq, hash }) => entryKey(this.#uid, seq, hash));
      const present = await this.#database.hasMany(keys);
      entries.forEach(({ sealed, covered = false }, i) => {
        const value = new Uint8Array(1 + sealed.length);
        value[0] = covered ? 1 : 0;
        value.set(sealed, 1);
        batch.put(keys[i]!, value);
      });
      const committed = packs.map((name) => this.packOrdinal(name)).filter((ordinal) => ordinal !== undefined);
      for (const ordinal of committed) batch.del(ordinalKey(this.#uid, TAG.loose, ordinal));
      const added = present.filter((there) => !there).length;
      const applied = heads.map(({ seq, hash }) => ({ seq, hash: new Uint8Array(hash) }));
      return {
        mark: { ...this.#mark, applied, entries: this.#mark.entries + added },
        result: undefined,
        learn: () => {
          for (const ordinal of committed) this.#loose.delete(ordinal);
        },
      };
    });
  }

  /**
   * Drops entries that a checkpoint stands for.
   *
   * @returns false, and nothing is dropped, if one of them still says something.
   */
  dropCovered(names: readonly EntryName[]): Promise<boolean> {
    return this.#change(async (batch) => {
      const keys = names.map(({ seq, hash }) => entryKey(this.#uid, seq, hash));
      const values = await this.#database.getMany(keys);
      if (!values.every((value) => value?.[0] === 1)) return { mark: this.#mark, result: false };
      for (const key of keys) batch.del(key);
      return { mark: { ...this.#mark, entries: this.#mark.entries - keys.length }, result: true };
    });
  }

  /** A log entry's sealed bytes. */
  entry({ seq, hash }: EntryName): Promise<Uint8Array | undefined> {
    return this.#guard(async () => (await this.#database.get(entryKey(this.#uid, seq, hash)))?.subarray(1));
  }

  /** Log entries in the order of their names: oldest first, or newest first with `reverse`. */
  async *entries(options: { readonly reverse?: boolean } = {}): AsyncGenerator<IndexedEntry> {
    const iterator = this.#database.iterator({ ...tagRange(this.#uid, TAG.entry), reverse: options.reverse ?? false });
    try {
      for (;;) {
        const found = await this.#guard(() => iterator.nextv(options.reverse ? 64 : 1000));
        if (found.length === 0) return;
        for (const [key, value] of found) {
          yield { ...entryOf(key), sealed: value.subarray(1), covered: value[0] === 1 };
        }
      }
    } finally {
      await iterator.close();
    }
  }

  /** Names of all log entries, oldest first. */
  async *entryNames(): AsyncGenerator<EntryName> {
    const iterator = this.#database.keys(tagRange(this.#uid, TAG.entry));
    try {
      for (;;) {
        const keys = await this.#guard(() => iterator.nextv(1000));
        if (keys.length === 0) return;
        for (const key of keys) yield entryOf(key);
      }
    } finally {
      await iterator.close();
    }
  }

  /** Forgets everything of this user, durably enough that a killed rebuild is seen as unfinished. */
  clear(): Promise<void> {
    return this.#exclusive(async () => {
      // First, so that a crash between the two leaves a mark that says so.
      await this.#database.put(tagKey(this.#uid, TAG.mark), encodeMark(EMPTY_MARK));
      await this.#database.clear(userRange(this.#uid));
      this.#forgetMemory();
    });
  }

  /** Says that everything on the backend has been read and added, and whether a pack that snapshots need was amiss. */
  setComplete(amiss: boolean): Promise<void> {
    const finish = () => ({ ...this.#mark, complete: true, suspectTo: amiss ? this.#lastEntry() : 0 });
    return this.#change(async () => ({ mark: finish(), result: undefined }));
  }

  /** Says that a pack that a snapshot of the log as it is now needs is damaged or gone. */
  setSuspect(): Promise<void> {
    const suspect = () => ({ ...this.#mark, suspectTo: this.#lastEntry() });
    return this.#change(async () => ({ mark: suspect(), result: undefined }));
  }

  #lastEntry(): number {
    return Math.max(0, ...this.#mark.applied.map(({ seq }) => seq));
  }

  /**
   * Says that what the index holds of this user was found wrong: the next time that the user is opened everything is
   * read from the backend again. Nothing else changes until then.
   */
  async distrust(): Promise<void> {
    this.#distrusted = true;
    try {
      await this.#database.put(tagKey(this.#uid, TAG.mark), encodeMark(EMPTY_MARK));
    } catch {
      // An index that cannot even be written to is found damaged without this.
    }
  }

  async #load(): Promise<void> {
    const stored = await this.#database.get(tagKey(this.#uid, TAG.mark));
    if (!stored) return;
    const mark = decodeMark(stored);
    if (!mark) throw damagedIndex(this.#directory, 'a mark fails its checksum');
    // What a killed rebuild left is worth nothing; `clear` takes it away.
    if (!mark.complete) return;
    this.#mark = mark;
    for await (const [key, value] of this.#database.iterator(tagRange(this.#uid, TAG.pack))) {
      const name = withoutChecksum(value);
      if (name?.length !== ID_BYTES)
        throw damagedIndex(this.#directory, `the name of pack ${ordinalOf(key)} fails its checksum`);
      this.#names.set(ordinalOf(key), name);
      this.#ordinals.set(toHex(name), ordinalOf(key));
    }
    for await (const key of this.#database.keys(tagRange(this.#uid, TAG.loose))) this.#loose.add(ordinalOf(key));
    if (this.#names.size !== mark.packs) {
      throw damagedIndex(this.#directory, `it holds ${this.#names.size} packs, expected ${mark.packs}`);
    }
  }

  #forgetMemory(): void {
    this.#mark = EMPTY_MARK;
    this.#distrusted = false;
    this.#names.clear();
    this.#ordinals.clear();
    this.#loose.clear();
  }

  #location(value: Uint8Array): ChunkLocation {
    const location = readLocation(value);
    if (!location) throw damagedIndex(this.#directory, 'a chunk has no readable place');
    return location;
  }

  /** One change: its batch, the mark that follows from it, and what memory has to learn once both are stored. */
  #change<T>(prepare: (batch: Batch) => Promise<{ mark: StoredMark; result: T; learn?: () => void }>): Promise<T> {
    return this.#exclusive(async () => {
      const batch = this.#database.batch();
      try {
        const { mark, result, learn } = await prepare(batch);
        const complete = mark.complete && !this.#distrusted;
        if (mark !== this.#mark) batch.put(tagKey(this.#uid, TAG.mark), encodeMark({ ...mark, complete }));
        await batch.write();
        this.#mark = mark;
        learn?.();
        return result;
      } catch (error) {
        await batch.close();
        throw error;
      }
    });
  }

  /** Runs changes one after another: each builds on the mark that the one before left. */
  #exclusive<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#last.then(() => this.#guard(run));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #guard<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      const told = indexError(error, this.#directory);
      if (isIndexDamage(told)) await this.distrust();
      throw told;
    }
  }
}
