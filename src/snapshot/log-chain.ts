import { fromHex, toHex } from '../base/index.js';
import type { Checkpoint } from '../format/index.js';
import type { EntryName, LogGap } from '../store/index.js';
import { compareNames, corruptEntry, type NamedEntry } from './log-entry.js';

/** An entry as the chain remembers it: hashes are in hex. */
interface Link {
  readonly name: EntryName;
  readonly time: number;
  readonly prev: readonly string[];
  readonly checkpoint?: CheckpointLink;
}

interface CheckpointLink {
  readonly heads: readonly string[];
  readonly through: number;
  readonly entries: readonly string[];
  readonly covered: readonly string[];
}

export interface Head {
  readonly name: EntryName;
  readonly time: number;
}

/** What a log as a whole is. */
export interface Judgement {
  /** In log order. */
  readonly heads: readonly Head[];
  /** Entries that a checkpoint stands for, which say nothing any more. */
  readonly covered: readonly EntryName[];
  /** What must be there and was not added, each once. */
  readonly gaps: readonly LogGap[];
  /** Whether a checkpoint stands for the entry with this hash, be it there or not. */
  covers(hash: Uint8Array): boolean;
}

/**
 * Checks that entries form a log (docs/format.md §8): each behind its predecessors, none missing save what a checkpoint
 * stands for. Holds some hundred bytes an entry, whatever the entries hold.
 */
export class LogChain {
  readonly #object: (name: EntryName) => string;
  readonly #links = new Map<string, Link>();
  readonly #named = new Set<string>();
  readonly #gaps: { readonly link: Link; readonly missing: string }[] = [];

  /**
   * @param object - An entry's name on backends, for errors.
   * @param known - Entries checked before, whose predecessors need not be looked at.
   */
  constructor(object: (name: EntryName) => string, known: readonly Head[] = []) {
    this.#object = object;
    for (const { name, time } of known) this.#links.set(toHex(name.hash), { name, time, prev: [] });
  }

  /**
   * Adds the next entry in log order.
   *
   * @throws {BitacoraError} `DATA_CORRUPT` naming the object whose number or time does not follow from its predecessors; then
   *   it is as if it had not been there.
   */
  add({ name, entry }: NamedEntry): void {
    const prev = entry.prev.map(toHex);
    const link: Link = {
      name,
      time: entry.time,
      prev,
      ...(entry.kind === 'checkpoint' && { checkpoint: checkpointLink(entry.body) }),
    };
    const missing = prev.filter((hash) => !this.#links.has(hash));
    const before = prev.flatMap((hash) => this.#links.get(hash) ?? []);
    const early = before.find((each) => each.name.seq >= name.seq || each.time >= entry.time);
    if (early) {
      throw corruptEntry(this.#object(name), `it does not come after its predecessor "${this.#object(early.name)}"`);
    }
    const expected = 1 + Math.max(0, ...before.map((each) => each.name.seq));
    if (expected !== name.seq && missing.length === 0) {
      throw corruptEntry(this.#object(name), `its number is ${name.seq}, expected ${expected}`);
    }
    for (const hash of prev) this.#named.add(hash);
    for (const hash of missing) this.#gaps.push({ link, missing: hash });
    this.#links.set(toHex(name.hash), link);
  }

  /** Whether all that was added can be judged without the entries from before: no gap, no checkpoint. */
  get plain(): boolean {
    return this.#gaps.length === 0 && ![...this.#links.values()].some((link) => link.checkpoint);
  }

  /** Judges the whole log. */
  finish(): Judgement {
    const checkpoints = [...this.#links.values()].filter((link) => link.checkpoint);
    const reached = this.#reach(checkpoints.flatMap(({ checkpoint }) => coveredBy(checkpoint!)));
    for (const { checkpoint } of checkpoints) for (const hash of checkpoint!.entries) reached.add(hash);
    let through = 0;
    const live = new Set<string>();
    const gaps = new Map<string, LogGap>();
    const lack = (hash: string, namedBy: EntryName) => gaps.set(hash, { missing: fromHex(hash), namedBy });
    for (const link of checkpoints) {
      if (reached.has(toHex(link.name.hash))) continue;
      through = Math.max(through, link.checkpoint!.through);
      for (const hash of link.checkpoint!.entries) {
        if (!this.#links.has(hash)) lack(hash, link.name);
        live.add(hash);
      }
    }
    for (const { link, missing } of this.#gaps) {
      // A branch from before a checkpoint comes late: what it grew from may be gone.
      if (reached.has(missing) || reached.has(toHex(link.name.hash)) || link.name.seq <= through) continue;
      lack(missing, link.name);
    }
    const heads: Head[] = [];
    const covered: EntryName[] = [];
    for (const [hash, { name, time }] of this.#links) {
      if (reached.has(hash) && !live.has(hash)) covered.push(name);
      if (!reached.has(hash) && !this.#named.has(hash)) heads.push({ name, time });
    }
    heads.sort((a, b) => compareNames(a.name, b.name));
    const covers = (hash: Uint8Array) => reached.has(toHex(hash)) && !live.has(toHex(hash));
    return { heads, covered, gaps: [...gaps.values()], covers };
  }

  /** Everything from the hashes in `queue` backwards, through what older checkpoints stand for. */
  #reach(queue: string[]): Set<string> {
    const reached = new Set<string>();
    for (let hash = queue.pop(); hash !== undefined; hash = queue.pop()) {
      if (reached.has(hash)) continue;
      reached.add(hash);
      const link = this.#links.get(hash);
      if (!link) continue;
      for (const before of link.prev) queue.push(before);
      if (link.checkpoint) for (const each of coveredBy(link.checkpoint)) queue.push(each);
    }
    return reached;
  }
}

function checkpointLink({ heads, through, entries, covered }: Checkpoint): CheckpointLink {
  return { heads: heads.map(toHex), through, entries: entries.map(toHex), covered: covered.map(toHex) };
}

/** Not `entries`: those were written later than the heads, and may stand behind what came meanwhile. */
function coveredBy({ heads, covered }: CheckpointLink): string[] {
  return [...heads, ...covered];
}
