import { Level } from 'level';
import { equalBytes, toHex } from '../base/index.js';
import type { Database } from './chunk-index-database.js';
import { damagedIndex, indexError } from './chunk-index-errors.js';
import { IDENTITY_KEY, noteKey, UID_BYTES } from './chunk-index-keys.js';
import { UserIndex } from './chunk-index-user.js';

export type { UserIndex } from './chunk-index-user.js';

export interface ChunkIndexOptions {
  /** Whose index it is: the vault's id. An index that says otherwise is refused. */
  readonly vaultId?: Uint8Array;
}

const LAYOUT = 1;

/**
 * Tuning, measured with 90,000 chunks of 9 packs: what dominates is the way in (see `UserIndex.addPack`), then the
 * write buffer, since the log behind it is replayed at the next open: 30 ms for 4 MiB, 90 ms for 8 MiB and more.
 * Keys are hashes, so compression would find nothing.
 */
const DATABASE_OPTIONS = {
  keyEncoding: 'view',
  valueEncoding: 'view',
  compression: false,
  writeBufferSize: 4 << 20,
  maxFileSize: 8 << 20,
  cacheSize: 8 << 20,
  maxOpenFiles: 500,
} as const;

/** The index of a vault, in LevelDB: a cache, always rebuildable from the backend. It holds nothing that a backend does not show. */
export class ChunkIndex {
  readonly directory: string;
  readonly #database: Database;
  readonly #users = new Map<string, Promise<UserIndex>>();

  private constructor(directory: string, database: Database) {
    this.directory = directory;
    this.#database = database;
  }

  /**
   * Opens the index in `directory`, making it where it is missing.
   *
   * @throws {BitacoraError} `VAULT_BUSY` while another process has it open; `DATA_CORRUPT` with `details.index` if it is
   *   damaged or another vault's: remove the directory and open it again; `NO_SPACE`; `VAULT_READ_ONLY`.
   */
  static async open(directory: string, options: ChunkIndexOptions = {}): Promise<ChunkIndex> {
    const database: Database = new Level(directory, DATABASE_OPTIONS);
    try {
      await database.open();
    } catch (error) {
      throw indexError(error, directory);
    }
    const index = new ChunkIndex(directory, database);
    try {
      await index.#checkIdentity(options.vaultId ?? new Uint8Array(16));
    } catch (error) {
      await index.close();
      throw indexError(error, directory);
    }
    return index;
  }

  /**
   * The part of one user; the same object for every call until `release`.
   *
   * @throws {BitacoraError} `DATA_CORRUPT` with `details.index`.
   */
  user(uid: Uint8Array): Promise<UserIndex> {
    if (uid.length !== UID_BYTES) throw new TypeError(`A uid has ${UID_BYTES} bytes, not ${uid.length}.`);
    const key = toHex(uid);
    const known = this.#users.get(key);
    if (known) return known;
    const opening = UserIndex.open(this.#database, this.directory, uid);
    this.#users.set(key, opening);
    opening.catch(() => this.#users.delete(key));
    return opening;
  }

  /** A note of the vault as a whole, as `setNote` left it: a cache like all the rest. */
  async note(name: string): Promise<Uint8Array | undefined> {
    return this.#database.get(noteKey(name));
  }

  /** @param name - Up to 15 bytes. */
  async setNote(name: string, bytes: Uint8Array): Promise<void> {
    try {
      await this.#database.put(noteKey(name), bytes);
    } catch (error) {
      throw indexError(error, this.directory);
    }
  }

  /** Lets go of what memory holds of a user that nobody uses. */
  release(uid: Uint8Array): void {
    this.#users.delete(toHex(uid));
  }

  async close(): Promise<void> {
    this.#users.clear();
    await this.#database.close();
  }

  async #checkIdentity(vaultId: Uint8Array): Promise<void> {
    const identity = Uint8Array.of(LAYOUT, ...vaultId);
    const stored = await this.#database.get(IDENTITY_KEY);
    if (stored && equalBytes(stored, identity)) return;
    if (stored) throw damagedIndex(this.directory, 'it is of another vault or layout');
    const first = await this.#database.keys({ limit: 1 }).next();
    if (first !== undefined) throw damagedIndex(this.directory, 'it does not say whose it is');
    await this.#database.put(IDENTITY_KEY, identity);
  }
}
