import { toHex } from '../../base/index.js';
import type { UserPrune } from './context.js';

const DAY_MS = 24 * 3600 * 1000;

/** A pack that was put aside, and how old the vault was when that was first seen. */
interface Seen {
  readonly aged: number;
  readonly run: number;
}

interface Notes {
  /** Milliseconds that the vault has aged. */
  readonly aged: number;
  readonly wall: number;
  readonly run: number;
  readonly seen: Readonly<Record<string, Seen>>;
}

const NOTHING: Notes = { aged: 0, wall: 0, run: 0, seen: {} };
/** When each user was last looked at in this process, by the clock that never jumps. */
const lastLooks = new WeakMap<object, Map<string, number>>();

/**
 * How long packs have been put aside, in time that surely passed: at most as much as this process has been running since it looked last,
 * and where it had not looked before, at most a day. A clock that jumps brings nothing forward. What is noted is lost with the index: then
 * every pack's time begins anew.
 */
export class Aging {
  readonly #prune: UserPrune;
  #notes: Notes;

  private constructor(prune: UserPrune, notes: Notes) {
    this.#prune = prune;
    this.#notes = notes;
  }

  static async open(prune: UserPrune): Promise<Aging> {
    const stored = await prune.repository.index.trashNotes();
    const before = (stored && parse(stored)) ?? NOTHING;
    const { clock, opened, repository } = prune;
    const looks = lastLooks.get(opened) ?? new Map<string, number>();
    lastLooks.set(opened, looks);
    const uid = toHex(repository.uid);
    const monotonic = clock.monotonic();
    const last = looks.get(uid);
    looks.set(uid, monotonic);
    const most = last === undefined ? DAY_MS : monotonic - last;
    const passed = before.run === 0 ? 0 : Math.min(Math.max(0, clock.now() - before.wall), most);
    const aged = before.aged + passed;
    return new Aging(prune, { aged, wall: clock.now(), run: before.run + 1, seen: before.seen });
  }

  /** Whether a pack has been aside for so long, and an earlier run saw it there. One that is met for the first time is noted. */
  isOld(pack: string, graceMs: number): boolean {
    const { seen, aged, run } = this.#notes;
    const at = seen[pack];
    if (at) return at.run < run && aged - at.aged >= graceMs;
    this.#notes = { ...this.#notes, seen: { ...seen, [pack]: { aged, run } } };
    return false;
  }

  /** Of packs that are aside, those that an earlier run saw there: those first that have been there for longest. */
  oldestFirst(packs: Iterable<string>): string[] {
    const { seen, run } = this.#notes;
    const earlier = [...packs].filter((pack) => (seen[pack]?.run ?? run) < run);
    return earlier.sort((a, b) => seen[a]!.aged - seen[b]!.aged);
  }

  /** Keeps what was noted of the packs that are still aside. */
  async save(aside: Iterable<string>): Promise<void> {
    const { seen, ...rest } = this.#notes;
    const kept = Object.fromEntries([...aside].flatMap((pack) => (seen[pack] ? [[pack, seen[pack]]] : [])));
    const notes: Notes = { ...rest, seen: kept };
    await this.#prune.repository.index.setTrashNotes(Buffer.from(JSON.stringify(notes)));
  }
}

function parse(bytes: Uint8Array): Notes | undefined {
  try {
    const notes = JSON.parse(Buffer.from(bytes).toString('utf8')) as Partial<Notes>;
    const sound = [notes.aged, notes.wall, notes.run].every((value) => typeof value === 'number' && value >= 0);
    return sound && typeof notes.seen === 'object' ? (notes as Notes) : undefined;
  } catch {
    return undefined;
  }
}
