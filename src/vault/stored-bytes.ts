import { BitacoraError, fromHex, toHex } from '../base/index.js';
import { USERS_PREFIX, uidOf, userPrefix } from '../format/index.js';
import type { CallOptions, Meter, ObjectReader } from '../storage/index.js';

/** How much may be stored; undefined: as much as there is room for. */
export interface StoredLimits {
  readonly vaultBytesMax: number | undefined;
  readonly userBytesMax: number | undefined;
}

/** What the ledger is kept in from one process to the next: a cache, which may be lost. */
export interface LedgerStore {
  load(): Promise<Uint8Array | undefined>;
  save(bytes: Uint8Array): Promise<void>;
}

/** What of a user's objects is in use, and what is put aside. */
export interface StoredSizes {
  readonly liveBytes: number;
  readonly trashBytes: number;
}

const UID_DIGITS = 32;
/** Who was refused a pack needs room for some more, most likely. */
const REFUSED_PACKS = 4;
const NOTHING: StoredSizes = { liveBytes: 0, trashBytes: 0 };
/** How often a user is counted who never rests; then what was kept up stands. */
const TRIES = 8;
const NO_LIMITS: StoredLimits = { vaultBytesMax: undefined, userBytesMax: undefined };
const PACK = /^users\/[0-9a-f]{32}\/packs\//;
const TRASH = /^users\/[0-9a-f]{32}\/trash\//;

/**
 * How many bytes each user has stored, trash included: counted once, then kept up as objects come and go. It says no to packs beyond the
 * limits; what frees space or says what is needed (log entries, keys) is always let through.
 */
export class StoredBytes implements Meter {
  readonly #backend: Pick<ObjectReader, 'list'>;
  readonly #store: LedgerStore;
  /** By uid in hex. */
  readonly #users = new Map<string, StoredSizes>();
  /** Whether `#users` has everybody. */
  #complete = false;
  #total: StoredSizes = NOTHING;
  #limits = NO_LIMITS;
  /** Of users who have a limit of their own, or none. */
  readonly #own = new Map<string, number | undefined>();
  /** What was refused to whom, and not asked about since, bytes. */
  readonly #refused = new Map<string, number>();
  readonly #exempt = new Map<string, number>();
  #counting: Promise<void> | undefined;
  /** How many changes of each user have begun and not ended. */
  readonly #underWay = new Map<string, number>();
  /** Of each count that is under way, the users of whom something has changed since, so that it may have been counted or not. */
  readonly #counts = new Set<Set<string>>();

  constructor(backend: Pick<ObjectReader, 'list'>, store: LedgerStore) {
    this.#backend = backend;
    this.#store = store;
  }

  setLimits(limits: StoredLimits): void {
    this.#limits = limits;
  }

  /** For one user instead of `userBytesMax`. */
  setUserLimit(uid: Uint8Array, bytesMax: number | undefined): void {
    this.#own.set(toHex(uid), bytesMax);
  }

  /**
   * Takes over what an earlier process kept, once, before anything changes. From then on nothing is kept that could be wrong, until
   * `save`: whoever dies meanwhile leaves everything to be counted again.
   */
  async open(): Promise<void> {
    const kept = await this.#store.load();
    const users = kept && decode(kept);
    if (!users) return;
    await this.#store.save(new Uint8Array(0));
    for (const [key, sizes] of users) this.#set(key, sizes);
    this.#complete = true;
  }

  /** Bytes of all objects of a user, 16 bytes long. */
  async ofUser(uid: Uint8Array, options: CallOptions = {}): Promise<number> {
    return sum(await this.sizesOf(uid, options));
  }

  async sizesOf(uid: Uint8Array, options: CallOptions = {}): Promise<StoredSizes> {
    const key = toHex(uid);
    if (!this.#users.has(key) && !this.#complete) await this.#count(key, options);
    return this.#users.get(key) ?? NOTHING;
  }

  /** The same as far as it is known by now. */
  knownOf(uid: Uint8Array): StoredSizes | undefined {
    return this.#users.get(toHex(uid)) ?? (this.#complete ? NOTHING : undefined);
  }

  /** Bytes of all objects of all users. The first time, everything may have to be listed. */
  async total(options: CallOptions = {}): Promise<number> {
    return sum(await this.sizes(options));
  }

  async sizes(options: CallOptions = {}): Promise<StoredSizes> {
    if (!this.#complete) await this.recount(options);
    return this.#total;
  }

  /** The same as far as it is known by now. */
  get known(): StoredSizes | undefined {
    return this.#complete ? this.#total : undefined;
  }

  /** Counts everything anew. */
  async recount(options: CallOptions = {}): Promise<void> {
    this.#counting ??= this.#recount(options).finally(() => {
      this.#counting = undefined;
    });
    await this.#counting;
  }

  /** Lets a user's packs come, whatever the limits: what rewrites packs frees space in the end. */
  async exempting<T>(uid: Uint8Array, run: () => Promise<T>): Promise<T> {
    const key = toHex(uid);
    add(this.#exempt, key, 1);
    try {
      return await run();
    } finally {
      add(this.#exempt, key, -1);
    }
  }

  /** How much room a user needs who was refused some since this was asked last; 0 for others. */
  takeRefused(uid: Uint8Array): number {
    const key = toHex(uid);
    const bytes = this.#refused.get(key) ?? 0;
    this.#refused.delete(key);
    return bytes;
  }

  /** Throws `NO_SPACE` for a pack that would take more than is allowed, as far as that is known. */
  admit(name: string, length: number): void {
    if (!PACK.test(name)) return;
    const { vaultBytesMax } = this.#limits;
    const key = uidIn(name);
    if (this.#exempt.has(key)) return;
    const own = this.#users.get(key);
    const userBytesMax = this.#own.has(key) ? this.#own.get(key) : this.#limits.userBytesMax;
    if (userBytesMax !== undefined && own !== undefined && sum(own) + length > userBytesMax) {
      this.#refused.set(key, length * REFUSED_PACKS);
      throw noRoom('The user’s quota is used up', own, userBytesMax);
    }
    if (vaultBytesMax !== undefined && this.#complete && sum(this.#total) + length > vaultBytesMax) {
      this.#refused.set(key, length * REFUSED_PACKS);
      throw noRoom('The vault has reached its size', this.#total, vaultBytesMax);
    }
  }

  begins(name: string): void {
    if (!name.startsWith(USERS_PREFIX)) return;
    const key = uidIn(name);
    add(this.#underWay, key, 1);
    for (const touched of this.#counts) touched.add(key);
  }

  ends(name: string): void {
    if (name.startsWith(USERS_PREFIX)) add(this.#underWay, uidIn(name), -1);
  }

  changed(name: string, bytes: number): void {
    if (!name.startsWith(USERS_PREFIX)) return;
    const key = uidIn(name);
    const known = this.#users.get(key);
    if (known !== undefined || this.#complete) this.#set(key, plus(known ?? NOTHING, name, bytes));
  }

  /** Keeps what is known for the next process. */
  async save(): Promise<void> {
    if (this.#complete) await this.#store.save(encode(this.#users));
  }

  async #recount(options: CallOptions): Promise<void> {
    const found = new Map<string, StoredSizes>();
    const touched = await this.#watching(async (touched) => {
      for await (const { name, length } of this.#backend.list(USERS_PREFIX, options)) {
        const key = uidIn(name);
        found.set(key, plus(found.get(key) ?? NOTHING, name, length));
      }
      // In one step with the end of the list: from here on everything is kept up.
      for (const key of new Set([...this.#users.keys(), ...found.keys()])) {
        if (touched.has(key) && this.#users.has(key)) continue;
        this.#set(key, found.get(key) ?? NOTHING);
      }
      this.#complete = true;
    });
    for (const key of touched) await this.#count(key, options);
  }

  /** Counts one user until that was not disturbed. */
  async #count(key: string, options: CallOptions): Promise<void> {
    for (let tries = 1; tries <= TRIES; tries++) {
      const touched = await this.#watching(async (touched) => {
        let sizes = NOTHING;
        for await (const { name, length } of this.#backend.list(userPrefix(uidOf(fromHex(key))), options)) {
          sizes = plus(sizes, name, length);
        }
        if (!touched.has(key) || !this.#users.has(key)) this.#set(key, sizes);
      });
      if (!touched.has(key)) return;
    }
  }

  /** Runs a count, told which users were changed meanwhile; resolves with those. */
  async #watching(count: (touched: ReadonlySet<string>) => Promise<void>): Promise<ReadonlySet<string>> {
    const touched = new Set(this.#underWay.keys());
    this.#counts.add(touched);
    try {
      await count(touched);
    } finally {
      this.#counts.delete(touched);
    }
    return touched;
  }

  #set(key: string, sizes: StoredSizes): void {
    const before = this.#users.get(key) ?? NOTHING;
    this.#total = {
      liveBytes: this.#total.liveBytes + sizes.liveBytes - before.liveBytes,
      trashBytes: this.#total.trashBytes + sizes.trashBytes - before.trashBytes,
    };
    this.#users.set(key, sizes);
  }
}

function sum({ liveBytes, trashBytes }: StoredSizes): number {
  return liveBytes + trashBytes;
}

function plus({ liveBytes, trashBytes }: StoredSizes, name: string, bytes: number): StoredSizes {
  return TRASH.test(name)
    ? { liveBytes, trashBytes: Math.max(0, trashBytes + bytes) }
    : { liveBytes: Math.max(0, liveBytes + bytes), trashBytes };
}

function add(counts: Map<string, number>, key: string, more: number): void {
  const count = (counts.get(key) ?? 0) + more;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}

function uidIn(name: string): string {
  return name.slice(USERS_PREFIX.length, USERS_PREFIX.length + UID_DIGITS);
}

function noRoom(what: string, sizes: StoredSizes, max: number): BitacoraError {
  const { liveBytes, trashBytes } = sizes;
  return new BitacoraError(
    'NO_SPACE',
    `${what}: ${sum(sizes)} of ${max} bytes are stored, ${trashBytes} of them in the trash. Nothing of this snapshot was committed. Try again, which empties the trash as far as that may be; else forget and prune snapshots, or allow more.`,
    { details: { stored_bytes: sum(sizes), live_bytes: liveBytes, trash_bytes: trashBytes, max_bytes: max } },
  );
}

const ENTRY_BYTES = 16 + 8 + 8;
const VERSION = 2;

function encode(users: ReadonlyMap<string, StoredSizes>): Uint8Array {
  const bytes = Buffer.alloc(1 + users.size * ENTRY_BYTES);
  bytes[0] = VERSION;
  let at = 1;
  for (const [key, { liveBytes, trashBytes }] of users) {
    bytes.set(fromHex(key), at);
    bytes.writeBigUInt64BE(BigInt(liveBytes), at + 16);
    bytes.writeBigUInt64BE(BigInt(trashBytes), at + 24);
    at += ENTRY_BYTES;
  }
  return bytes;
}

/** Undefined where nothing was kept. */
function decode(bytes: Uint8Array): Map<string, StoredSizes> | undefined {
  if (bytes[0] !== VERSION || (bytes.length - 1) % ENTRY_BYTES !== 0) return undefined;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const users = new Map<string, StoredSizes>();
  for (let at = 1; at < bytes.length; at += ENTRY_BYTES) {
    users.set(toHex(bytes.subarray(at, at + 16)), {
      liveBytes: Number(buffer.readBigUInt64BE(at + 16)),
      trashBytes: Number(buffer.readBigUInt64BE(at + 24)),
    });
  }
  return users;
}
