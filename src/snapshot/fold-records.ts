import { type BitacoraError, isBitacoraError, Slices, throwIfAborted } from '../base/index.js';
import type { RecordCollection } from '../format/index.js';
import { IdHashes, IdSet } from './id-set.js';

/** The name of the scope that is a whole collection. */
export function collectionScope(collection: string): string {
  return `collection:${collection}`;
}

/** What the fold reads of one capture of records; `RecordReader` has it. */
export interface RecordKeys {
  collections(): Promise<readonly RecordCollection[]>;
  /** Of every record in order its id, if it has one. */
  keys(collection: string): AsyncIterable<{ readonly id: string | undefined }>;
}

/** A scope of records as it was captured. */
export interface RecordCapture {
  readonly scope: string;
  /** Of two the larger is of the newer manifest. */
  readonly position: number;
  readonly keys: RecordKeys;
}

/** Which records somebody wants. */
export interface RecordWish {
  /** Whether there may be wanted ones in it. */
  collection(collection: RecordCollection, scope: string): 'all' | 'some' | 'none';
  /** Asked where only some are. */
  record(collection: RecordCollection, scope: string, id: string | undefined): boolean;
}

export interface RecordFoldOptions {
  /** Scopes that ended by then, with the position of the manifest that ended them. */
  readonly ended: readonly { readonly scope: string; readonly position: number }[];
  readonly wish?: RecordWish | undefined;
  /**
   * Told of a capture, or of a collection of one, that is damaged or gone: it is left out then, and hides nothing. Without it the first
   * ends the fold.
   */
  readonly onDamage?: ((damage: RecordDamage) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What of records cannot be read, and why. */
export interface RecordDamage {
  readonly scope: string;
  /** Undefined: of all. */
  readonly collection: string | undefined;
  readonly error: BitacoraError;
}

/** What of a capture is in the state. */
export interface FoldedRecords {
  /** Whether a record is not; undefined where all are. `index` counts within the collection. */
  readonly hidden: ((collection: string, index: number) => boolean) | undefined;
  /** Whether a collection is not as a whole, even if it was captured empty. */
  readonly without: (collection: string) => boolean;
  /** How many records are. */
  readonly shown: number;
}

/**
 * Which records of each capture are not in the state that they make together. Of an item (`collection/id`) that several captures hold
 * the newest counts. A capture of a whole collection, and the end of one, removes all that older captures hold of that collection.
 * Records without an id are no items: each stays. So do several with one id in one capture. Memory: the hashes of the ids of
 * one collection at a time, and a bit a record.
 *
 * @param captures - Each scope once, oldest first; of one manifest in its order.
 * @returns One for each capture.
 */
export async function foldRecords(
  captures: readonly RecordCapture[],
  options: RecordFoldOptions,
): Promise<FoldedRecords[]> {
  const fold = new RecordFold(captures, options);
  for (const collection of await fold.collections()) await fold.collection(collection);
  return fold.result();
}

class RecordFold {
  readonly #captures: readonly RecordCapture[];
  readonly #options: RecordFoldOptions;
  readonly #slices = new Slices();
  /** Of each capture its collections by their names. */
  #collections: ReadonlyMap<string, RecordCollection>[] = [];
  readonly #bits: Map<string, Bits>[];

  constructor(captures: readonly RecordCapture[], options: RecordFoldOptions) {
    this.#captures = captures;
    this.#options = options;
    this.#bits = captures.map(() => new Map());
  }

  async collections(): Promise<ReadonlySet<string>> {
    const names = new Set<string>();
    this.#collections = [];
    for (const { scope, keys } of this.#captures) {
      throwIfAborted(this.#options.signal);
      let collections: readonly RecordCollection[] = [];
      try {
        collections = await keys.collections();
      } catch (error) {
        this.#damaged(scope, undefined, error);
      }
      this.#collections.push(new Map(collections.map((collection) => [collection.name, collection])));
      for (const { name } of collections) names.add(name);
    }
    return names;
  }

  async collection(name: string): Promise<void> {
    const since = this.#wholeSince(name);
    const holders = this.#captures.flatMap((_, i) => (this.#collections[i]!.has(name) ? [i] : []));
    const living: number[] = [];
    for (const i of holders) {
      if (this.#captures[i]!.position < since) this.#hideAll(i, name);
      else living.push(i);
    }
    const seen = new IdSet();
    for (const i of living.reverse()) {
      const { scope } = this.#captures[i]!;
      const wish = this.#options.wish?.collection(this.#collections[i]!.get(name)!, scope) ?? 'all';
      if (wish === 'none') this.#hideAll(i, name);
      // What the oldest holds hides nothing, and what the newest holds nothing hides.
      const isOldest = i === living.at(-1);
      const isNewest = i === living[0];
      if (isOldest && (wish === 'none' || (isNewest && wish === 'all'))) continue;
      try {
        await this.#capture(i, name, seen, { ask: wish === 'some', remember: !isOldest });
      } catch (error) {
        this.#damaged(scope, name, error);
        this.#hideAll(i, name);
      }
    }
  }

  /** Notes damage where somebody wants to know of it; throws anything else. */
  #damaged(scope: string, collection: string | undefined, error: unknown): void {
    const { onDamage } = this.#options;
    if (!onDamage || !(isBitacoraError(error, 'DATA_CORRUPT') || isBitacoraError(error, 'OBJECT_MISSING'))) throw error;
    onDamage({ scope, collection, error });
  }

  /** The position of the newest capture or end of the whole collection; older records of it are gone. */
  #wholeSince(name: string): number {
    const whole = collectionScope(name);
    const positions = [...this.#captures, ...this.#options.ended].map(({ scope, position }) =>
      scope === whole ? position : -1,
    );
    return positions.reduce((a, b) => Math.max(a, b), -1);
  }

  async #capture(
    i: number,
    name: string,
    seen: IdSet,
    { ask, remember }: { readonly ask: boolean; readonly remember: boolean },
  ): Promise<void> {
    const { signal, wish } = this.#options;
    const { scope, keys } = this.#captures[i]!;
    const collection = this.#collections[i]!.get(name)!;
    const own = new IdHashes();
    let index = 0;
    for await (const { id } of keys.keys(name)) {
      if (this.#slices.over) {
        throwIfAborted(signal);
        await this.#slices.next();
      }
      let replaced = false;
      if (id !== undefined) {
        own.add(id);
        replaced = seen.hasLast(own);
        // What is known already need not be remembered again.
        if (!remember || replaced) own.drop();
      }
      if (replaced || (ask && !wish!.record(collection, scope, id))) this.#hide(i, name, index);
      index++;
    }
    seen.addAll(own);
  }

  #hide(i: number, name: string, index: number): void {
    let bits = this.#bits[i]!.get(name);
    if (!bits) {
      bits = new Bits(this.#collections[i]!.get(name)!.records);
      this.#bits[i]!.set(name, bits);
    }
    bits.set(index);
  }

  #hideAll(i: number, name: string): void {
    const bits = new Bits(0);
    bits.all = true;
    this.#bits[i]!.set(name, bits);
  }

  result(): FoldedRecords[] {
    return this.#bits.map((bits, i) => {
      let shown = 0;
      for (const { name, records } of this.#collections[i]!.values()) shown += bits.get(name)?.clear ?? records;
      const hidden = (collection: string, index: number): boolean => bits.get(collection)?.has(index) ?? false;
      const without = (collection: string): boolean => bits.get(collection)?.all ?? false;
      return { hidden: bits.size === 0 ? undefined : hidden, without, shown };
    });
  }
}

/** A bit for each record of a collection. */
class Bits {
  /** Whether they are all set, whatever was set one by one. */
  all = false;
  readonly #bytes: Uint8Array;
  #left: number;

  constructor(count: number) {
    this.#left = count;
    this.#bytes = new Uint8Array(Math.ceil(count / 8));
  }

  /** How many are not set. */
  get clear(): number {
    return this.all ? 0 : this.#left;
  }

  set(index: number): void {
    if (this.has(index)) return;
    this.#bytes[index >>> 3]! |= 1 << (index & 7);
    this.#left--;
  }

  has(index: number): boolean {
    return this.all || ((this.#bytes[index >>> 3] ?? 0) & (1 << (index & 7))) !== 0;
  }
}
