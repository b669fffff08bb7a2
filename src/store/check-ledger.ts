import { asBuffer } from '../base/index.js';
import type { Database } from './chunk-index-database.js';
import { ID_BYTES, ordinalKey, ordinalOf, TAG, tagKey, tagRange } from './chunk-index-keys.js';
import { withChecksum, withoutChecksum } from './chunk-index-records.js';

/** The last time that a user's log and trees were gone through, and what came of it. */
export interface CheckRound {
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Things found damaged, missing, or not to be asked for. */
  readonly findings: number;
}

/** Whatever runs on the database, and what is made of its errors. */
type Guard = <T>(run: () => Promise<T>) => Promise<T>;

/** When each of a user's packs was last read to its end. A part of the index: what is lost of it is checked again, and nothing else. */
export class CheckLedger {
  readonly #database: Database;
  readonly #uid: Uint8Array;
  readonly #ordinalOf: (pack: Uint8Array) => number | undefined;
  readonly #guard: Guard;

  /** @param ordinalOf - The index's number of a pack. */
  constructor(database: Database, uid: Uint8Array, ordinalOf: (pack: Uint8Array) => number | undefined, guard: Guard) {
    this.#database = database;
    this.#uid = uid;
    this.#ordinalOf = ordinalOf;
    this.#guard = guard;
  }

  /** By the index's number of each pack; those never checked are not there. */
  times(): Promise<Map<number, number>> {
    return this.#guard(async () => {
      const times = new Map<number, number>();
      for await (const [key, value] of this.#database.iterator(tagRange(this.#uid, TAG.checked))) {
        const [time] = numbers(value, 1) ?? [];
        if (time !== undefined) times.set(ordinalOf(key), time);
      }
      return times;
    });
  }

  /** Notes that packs were found sound; those that the index does not know are passed over. */
  setTimes(packs: readonly Uint8Array[], time: number): Promise<void> {
    return this.#guard(async () => {
      const batch = this.#database.batch();
      for (const pack of packs) {
        const ordinal = this.#ordinalOf(pack);
        if (ordinal !== undefined) batch.put(ordinalKey(this.#uid, TAG.checked, ordinal), encode([time]));
      }
      await batch.write();
    });
  }

  lastRound(): Promise<CheckRound | undefined> {
    return this.#guard(async () => {
      const stored = await this.#database.get(tagKey(this.#uid, TAG.round));
      const [time, findings] = (stored && numbers(stored, 2)) ?? [];
      return time === undefined || findings === undefined ? undefined : { time, findings };
    });
  }

  setRound({ time, findings }: CheckRound): Promise<void> {
    return this.#guard(() => this.#database.put(tagKey(this.#uid, TAG.round), encode([time, findings])));
  }

  /** Name of the pack behind which the next scrub of a share begins; undefined where none was done. */
  sharedTo(): Promise<Uint8Array | undefined> {
    return this.#guard(async () => {
      const stored = await this.#database.get(tagKey(this.#uid, TAG.scrub));
      return stored?.length === ID_BYTES ? stored : undefined;
    });
  }

  setSharedTo(pack: Uint8Array): Promise<void> {
    return this.#guard(() => this.#database.put(tagKey(this.#uid, TAG.scrub), pack));
  }
}

function encode(values: readonly number[]): Uint8Array {
  const bytes = Buffer.alloc(values.length * 8);
  values.forEach((value, i) => {
    bytes.writeDoubleBE(value, i * 8);
  });
  return withChecksum(bytes);
}

function numbers(stored: Uint8Array, count: number): number[] | undefined {
  const bytes = withoutChecksum(stored);
  if (bytes?.length !== count * 8) return undefined;
  return Array.from({ length: count }, (_, i) => asBuffer(bytes).readDoubleBE(i * 8));
}
