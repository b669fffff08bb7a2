import { toHex } from '../base/index.js';
import { CheckLedger } from './check-ledger.js';
import type { Batch, Database } from './chunk-index-database.js';
import {
  type AppliedEntries,
  delCovered,
  type EntryBytes,
  entryBytes,
  entryNamesOf,
  heldEntriesOf,
  type IndexedObject,
  objectsOf,
  putEntries,
} from './chunk-index-entries.js';
import { damagedIndex, indexError, isIndexDamage } from './chunk-index-errors.js';
import { encodeGaps, type LogGap } from './chunk-index-gaps.js';
import { chunkKeys, ordinalKey, PACK_TAGS, TAG, tagKey, userRange } from './chunk-index-keys.js';
import { loadUser } from './chunk-index-load.js';
import { keysAmong, keysOf, type PackContents, putChunks, putPlaces } from './chunk-index-places.js';
import {
  type ChunkLocation,
  EMPTY_MARK,
  type EntryName,
  encodeMark,
  type IndexMark,
  lastOf,
  readLocation,
  type StoredMark,
  withChecksum,
} from './chunk-index-records.js';
import { BuriedPacks, Holders } from './holders.js';
import { putQuarantine, Quarantine } from './quarantine.js';

/** One user's part of the index. Calls may overlap: changes are made one after another. */
export class UserIndex {
  readonly #database: Database;
  readonly #directory: string;
  readonly #uid: Uint8Array;
  /** What is known to be damaged. */
  readonly quarantine = new Quarantine();
  /** When what was last checked. */
  readonly checks: CheckLedger;
  /** Who has the user open. */
  readonly holders = new Holders();
  /** Packs under a tombstone: still readable, but nobody relies on them any more. */
  readonly buried = new BuriedPacks(this.holders);
  #mark: StoredMark = EMPTY_MARK;
  #gaps: readonly LogGap[] = [];
  readonly #names = new Map<number, Uint8Array>();
  readonly #ordinals = new Map<string, number>();
  readonly #loose = new Set<number>();
  /** Packs that were known once: a look-up under way may still find them. */
  readonly #forgotten = new Set<number>();
  #distrusted = false;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(database: Database, directory: string, uid: Uint8Array) {
    this.#database = database;
    this.#directory = directory;
    this.#uid = new Uint8Array(uid);
    this.checks = new CheckLedger(
      database,
      this.#uid,
      (pack) => this.packOrdinal(pack),
      (run) => this.#guard(run),
    );
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

  /** Whether it must be read from the backend anew when the user is opened next: see `distrust`. */
  get distrusted(): boolean {
    return this.#distrusted;
  }

  /** What the log lacks. */
  get gaps(): readonly LogGap[] {
    return this.#gaps;
  }

  /** Whether no chunk is known: then none need be looked up. */
  get empty(): boolean {
    return this.#mark.chunks === 0;
  }

  /**
   * Where chunks are, in the order of `ids`; undefined for those that are not known. The place may be one in quarantine.
   * A record that can be no place counts as unknown, and the index is not trusted any more.
   *
   * @param ids - n × 32 bytes; not kept.
   */
  lookup(ids: Uint8Array): Promise<(ChunkLocation | undefined)[]> {
    return this.#guard(async () => {
      const found = await this.#database.getMany(chunkKeys(this.#uid, ids));
      const locations = new Array<ChunkLocation | undefined>(found.length);
      let damaged = false;
      for (let i = 0; i < found.length; i++) {
        const value = found[i];
        const location = value && readLocation(value);
        locations[i] = location && this.#names.has(location.pack) ? location : undefined;
        damaged ||= value !== undefined && !locations[i] && !(location && this.#forgotten.has(location.pack));
      }
      if (damaged) await this.distrust();
      return locations;
    });
  }

  /** Sets the places of chunks (n × 32 bytes) anew, in one batch; those without a place stay as they are. */
  setPlaces(ids: Uint8Array, places: readonly (ChunkLocation | undefined)[]): Promise<void> {
    return this.#change(async (batch) => {
      putPlaces(batch, this.#uid, ids, places);
      return { mark: this.#mark, result: undefined };
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

  /** Whether a snapshot to come may rely on what the pack holds: it is known, and no tombstone names it. */
  mayRely(ordinal: number): boolean {
    return this.#names.has(ordinal) && !this.buried.has(ordinal);
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
      for (const tag of PACK_TAGS) batch.del(ordinalKey(this.#uid, tag, ordinal));
      const { packs, chunks } = this.#mark;
      return {
        mark: { ...this.#mark, packs: packs - 1, chunks: packs === 1 ? 0 : Math.max(1, chunks - doomed.length) },
        result: undefined,
        learn: () => {
          this.#names.delete(ordinal);
          this.#ordinals.delete(toHex(name));
          this.#loose.delete(ordinal);
          this.buried.delete(ordinal);
          this.#forgotten.add(ordinal);
          this.quarantine.set(ordinal, undefined);
        },
      };
    });
  }

  /** Adds log entries and says how far the log is applied, in one batch. Known entries are written again. */
  applyEntries(applied: AppliedEntries): Promise<void> {
    const { heads, packs, buried = [], quarantine = [], gaps, suspect = false } = applied;
    return this.#change(async (batch) => {
      const damaged = putQuarantine(batch, this.#uid, quarantine, (name) => this.packOrdinal(name));
      if (gaps) batch.put(tagKey(this.#uid, TAG.gaps), encodeGaps(gaps));
      const added = await putEntries(this.#database, batch, this.#uid, applied);
      const committed = this.#ordinalsOf(packs);
      for (const ordinal of committed) batch.del(ordinalKey(this.#uid, TAG.loose, ordinal));
      const underground = this.#ordinalsOf(buried);
      for (const ordinal of underground) batch.put(ordinalKey(this.#uid, TAG.buried, ordinal), new Uint8Array(0));
      const ends = heads.map(({ seq, hash }) => ({ seq, hash: new Uint8Array(hash) }));
      const suspectTo = suspect ? lastOf(ends) : this.#mark.suspectTo;
      return {
        mark: { ...this.#mark, applied: ends, entries: this.#mark.entries + added, suspectTo },
        result: undefined,
        learn: () => {
          for (const ordinal of committed) this.#loose.delete(ordinal);
          this.buried.add(underground);
          for (const [ordinal, frames] of damaged) this.quarantine.set(ordinal, frames);
          if (gaps) this.#gaps = gaps;
        },
      };
    });
  }

  #ordinalsOf(names: readonly Uint8Array[]): number[] {
    return names.map((name) => this.packOrdinal(name)).filter((ordinal) => ordinal !== undefined);
  }

  /** Drops objects of the log that a checkpoint stands for. False, and nothing is dropped, if one still says something. */
  dropCovered(names: readonly EntryName[]): Promise<boolean> {
    return this.#change(async (batch) => {
      const result = await delCovered(this.#database, batch, this.#uid, names);
      const gone = result ? names.length : 0;
      return { mark: { ...this.#mark, entries: this.#mark.entries - gone }, result };
    });
  }

  /** A log entry's sealed bytes, be it an object or in a segment. */
  entry(name: EntryName): Promise<Uint8Array | undefined> {
    return this.#guard(() => entryBytes(this.#database, this.#uid, name));
  }

  /** The log's objects, oldest first, without their bytes. */
  entryObjects(): AsyncGenerator<IndexedObject> {
    return objectsOf(this.#database, this.#uid, (run) => this.#guard(run));
  }

  /** Entries that hold, be they objects or in segments, newest first. Segments themselves are not among them. */
  heldEntries(before?: EntryName): AsyncGenerator<EntryBytes> {
    return heldEntriesOf(this.#database, this.#uid, (run) => this.#guard(run), before);
  }

  /** Names of the log's objects, oldest first. */
  entryNames(): AsyncGenerator<EntryName> {
    return entryNamesOf(this.#database, this.#uid, (run) => this.#guard(run));
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
    const finish = () => ({ ...this.#mark, complete: true, suspectTo: amiss ? lastOf(this.#mark.applied) : 0 });
    return this.#change(async () => ({ mark: finish(), result: undefined }));
  }

  /** Says that a pack that a snapshot of the log as it is now needs is damaged or gone. */
  setSuspect(): Promise<void> {
    const suspect = () => ({ ...this.#mark, suspectTo: lastOf(this.#mark.applied) });
    return this.#change(async () => ({ mark: suspect(), result: undefined }));
  }

  /** What upkeep noted of packs that were put aside. */
  trashNotes(): Promise<Uint8Array | undefined> {
    return this.#guard(() => this.#database.get(tagKey(this.#uid, TAG.trash)));
  }

  setTrashNotes(notes: Uint8Array): Promise<void> {
    return this.#exclusive(() => this.#database.put(tagKey(this.#uid, TAG.trash), notes));
  }

  /**
   * Says that what the index holds of this user was found wrong: the next time that the user is opened everything is
   * read from the backend again. Nothing else changes until then.
   */
  distrust(): Promise<void> {
    this.#distrusted = true;
    // Behind the changes under way, whose marks would say otherwise.
    const told = this.#last.then(() => this.#writeDistrust());
    this.#last = told;
    return told;
  }

  async #writeDistrust(): Promise<void> {
    try {
      await this.#database.put(tagKey(this.#uid, TAG.mark), encodeMark(EMPTY_MARK));
    } catch {
      // An index that cannot even be written to is found damaged without this.
    }
  }

  async #load(): Promise<void> {
    const into = { names: this.#names, loose: this.#loose, buried: this.buried, quarantine: this.quarantine };
    const loaded = await loadUser(this.#database, this.#directory, this.#uid, into);
    if (!loaded) return;
    this.#mark = loaded.mark;
    this.#gaps = loaded.gaps;
    for (const [ordinal, name] of this.#names) this.#ordinals.set(toHex(name), ordinal);
  }

  #forgetMemory(): void {
    this.#mark = EMPTY_MARK;
    this.#gaps = [];
    this.#distrusted = false;
    this.quarantine.clear();
    this.#names.clear();
    this.#ordinals.clear();
    this.#loose.clear();
    this.buried.clear();
    this.#forgotten.clear();
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
    const result = this.#last.then(async () => {
      try {
        return await run();
      } catch (error) {
        const told = indexError(error, this.#directory);
        if (isIndexDamage(told)) {
          this.#distrusted = true;
          await this.#writeDistrust();
        }
        throw told;
      }
    });
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
