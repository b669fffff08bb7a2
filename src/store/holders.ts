/** Somebody who has a user open: as long as that lasts, nothing goes that was there when it began. */
export interface Holder {
  /** Rises with every holder of the user. */
  readonly number: number;
  /** Number of the last entry of the log when it began: what is forgotten behind it is not forgotten for this holder. */
  readonly seq: number;
  close(): void;
}

/**
 * Who has a user open in this process, and which packs they have relied on for chunks that no snapshot may need otherwise. What removes
 * packs asks here; whoever writes says here what it relies on, in the same step in which it looks whether it may.
 */
export class Holders {
  #next = 1;
  readonly #open = new Map<number, Holder>();
  /** By pack: the number of the holder that would have come next when it was last relied on. */
  readonly #relied = new Map<number, number>();

  /** @param seq - Of the newest entry that the index has applied. */
  open(seq: number): Holder {
    const number = this.#next++;
    const holder = { number, seq, close: () => void this.#open.delete(number) };
    this.#open.set(number, holder);
    return holder;
  }

  /** Of what comes next: all holders with lower numbers may know of what there is now. */
  get next(): number {
    return this.#next;
  }

  /** Notes that a snapshot to come needs the pack. */
  rely(ordinal: number): void {
    this.#relied.set(ordinal, this.#next);
  }

  /** Whether a holder that is still open may have relied on the pack. */
  isRelied(ordinal: number, except: Holder): boolean {
    const at = this.#relied.get(ordinal);
    return at !== undefined && this.isOpenBefore(at, except);
  }

  /** Whether a holder with a lower number is open. */
  isOpenBefore(number: number, except: Holder): boolean {
    for (const holder of this.#open.values()) if (holder.number < number && holder !== except) return true;
    return false;
  }

  /** Lowest `seq` of those open; undefined where nobody else is. */
  oldestSeq(except: Holder): number | undefined {
    let oldest: number | undefined;
    for (const holder of this.#open.values()) {
      if (holder !== except) oldest = Math.min(oldest ?? holder.seq, holder.seq);
    }
    return oldest;
  }
}

/** Packs under a tombstone by the index's own numbers. What `UserIndex.applyEntries` is not told of is gone with the process. */
export class BuriedPacks {
  readonly #holders: Holders;
  /** With the number of the first holder that came after each. */
  readonly #packs = new Map<number, number>();

  constructor(holders: Holders) {
    this.#holders = holders;
  }

  has(ordinal: number): boolean {
    return this.#packs.has(ordinal);
  }

  /** Whether somebody has the user open who may know the pack from before its tombstone. */
  isHeld(ordinal: number, except: Holder): boolean {
    return this.#holders.isOpenBefore(this.#packs.get(ordinal) ?? 0, except);
  }

  ordinals(): number[] {
    return [...this.#packs.keys()];
  }

  add(ordinals: readonly number[]): void {
    for (const ordinal of ordinals) if (!this.#packs.has(ordinal)) this.#packs.set(ordinal, this.#holders.next);
  }

  /** Of an index that was just opened: whoever might have known of them has gone with the process. */
  load(ordinal: number): void {
    this.#packs.set(ordinal, 0);
  }

  delete(...ordinals: readonly number[]): void {
    for (const ordinal of ordinals) this.#packs.delete(ordinal);
  }

  clear(): void {
    this.#packs.clear();
  }
}
