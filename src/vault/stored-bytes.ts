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

const UID_DIGITS = 32;
const NO_LIMITS: StoredLimits = { vaultBytesMax: undefined, userBytesMax: undefined };
const PACK = /^users\/[0-9a-f]{32}\/packs\//;

/**
 * How many bytes each user has stored, trash included: counted once, then kept up as objects come and go. It says no to packs beyond the
 * limits; what frees space or says what is needed (log entries, keys) is always let through.
 */
export class StoredBytes implements Meter {
  readonly #backend: Pick<ObjectReader, 'list'>;
  readonly #store: LedgerStore;
  /** By uid in hex. */
  readonly #users = new Map<string, number>();
  /** Whether `#users` has everybody. */
  #complete = false;
  #total = 0;
  #limits = NO_LIMITS;
  readonly #exempt = new Map<string, number>();
  #counting: Promise<void> | undefined;

  constructor(backend: Pick<ObjectReader, 'list'>, store: LedgerStore) {
    this.#backend = backend;
    this.#store = store;
  }

  setLimits(limits: StoredLimits): void {
    this.#limits = limits;
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
    for (const [key, bytes] of users) this.#set(key, bytes);
    this.#complete = true;
  }

  /** Bytes of all objects of a user, 16 bytes long. */
  async ofUser(uid: Uint8Array, options: CallOptions = {}): Promise<number> {
    const key = toHex(uid);
    if (!this.#users.has(key) && !this.#complete) {
      let bytes = 0;
      for await (const { length } of this.#backend.list(userPrefix(uidOf(uid)), options)) bytes += length;
      this.#set(key, bytes);
    }
    return this.#users.get(key) ?? 0;
  }

  /** Bytes of all objects of all users. The first time, everything may have to be listed. */
  async total(options: CallOptions = {}): Promise<number> {
    if (!this.#complete) await this.recount(options);
    return this.#total;
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
    this.#exempt.set(key, (this.#exempt.get(key) ?? 0) + 1);
    try {
      return await run();
    } finally {
      const left = this.#exempt.get(key)! - 1;
      if (left > 0) this.#exempt.set(key, left);
      else this.#exempt.delete(key);
    }
  }

  /** Throws `NO_SPACE` for a pack that would take more than is allowed, as far as that is known. */
  admit(name: string, length: number): void {
    if (!PACK.test(name)) return;
    const { vaultBytesMax, userBytesMax } = this.#limits;
    const key = uidIn(name);
    if (this.#exempt.has(key)) return;
    const own = this.#users.get(key);
    if (userBytesMax !== undefined && own !== undefined && own + length > userBytesMax) {
      throw noRoom('The user’s quota is used up', own, userBytesMax);
    }
    if (vaultBytesMax !== undefined && this.#complete && this.#total + length > vaultBytesMax) {
      throw noRoom('The vault has reached its size', this.#total, vaultBytesMax);
    }
  }

  changed(name: string, bytes: number): void {
    if (!name.startsWith(USERS_PREFIX)) return;
    const key = uidIn(name);
    const known = this.#users.get(key);
    if (known !== undefined || this.#complete) this.#set(key, Math.max(0, (known ?? 0) + bytes));
  }

  /** Keeps what is known for the next process. */
  async save(): Promise<void> {
    if (this.#complete) await this.#store.save(encode(this.#users));
  }

  async #recount(options: CallOptions): Promise<void> {
    const found = new Map<string, number>();
    for await (const { name, length } of this.#backend.list(USERS_PREFIX, options)) {
      const key = uidIn(name);
      found.set(key, (found.get(key) ?? 0) + length);
    }
    this.#users.clear();
    this.#total = 0;
    for (const [key, bytes] of found) this.#set(key, bytes);
    this.#complete = true;
  }

  #set(key: string, bytes: number): void {
    this.#total += bytes - (this.#users.get(key) ?? 0);
    this.#users.set(key, bytes);
  }
}

function uidIn(name: string): string {
  return name.slice(USERS_PREFIX.length, USERS_PREFIX.length + UID_DIGITS);
}

function noRoom(what: string, stored: number, max: number): BitacoraError {
  return new BitacoraError(
    'NO_SPACE',
    `${what}: ${stored} of ${max} bytes are stored. Forget and prune snapshots, or allow more.`,
    { details: { stored_bytes: stored, max_bytes: max } },
  );
}

const ENTRY_BYTES = 16 + 8;

function encode(users: ReadonlyMap<string, number>): Uint8Array {
  const bytes = Buffer.alloc(1 + users.size * ENTRY_BYTES);
  bytes[0] = 1;
  let at = 1;
  for (const [key, count] of users) {
    bytes.set(fromHex(key), at);
    bytes.writeBigUInt64BE(BigInt(count), at + 16);
    at += ENTRY_BYTES;
  }
  return bytes;
}

/** Undefined where nothing was kept. */
function decode(bytes: Uint8Array): Map<string, number> | undefined {
  if (bytes[0] !== 1 || (bytes.length - 1) % ENTRY_BYTES !== 0) return undefined;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const users = new Map<string, number>();
  for (let at = 1; at < bytes.length; at += ENTRY_BYTES) {
    users.set(toHex(bytes.subarray(at, at + 16)), Number(buffer.readBigUInt64BE(at + 16)));
  }
  return users;
}
