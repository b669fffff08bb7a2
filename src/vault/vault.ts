import { BitacoraError, fromHex, isBitacoraError, throwIfAborted, toHex } from '../base/index.js';
import { type RegistryRecord, VAULT_FILE_NAME } from '../format/index.js';
import { Log } from '../snapshot/index.js';
import type { Backend, CallOptions } from '../storage/index.js';
import { isIndexDamage } from '../store/index.js';
import { createBundle, loadBundles } from './bundles.js';
import { KeyRing } from './key-ring.js';
import { endOrAbort, type OpenedUser, type OpenUser, openingUser, untilClosed } from './open-user.js';
import { QueueFiles } from './queue-files.js';
import { type Refreshed, refreshUser } from './refresh-user.js';
import { Registry, type UserList, type UserListOptions } from './registry.js';
import { RestingUsers } from './resting-users.js';
import { RoundNotes } from './round-notes.js';
import type { StoredBytes } from './stored-bytes.js';
import { TokenFiles } from './token-files.js';
import { checkTwice, type TwiceContext } from './twice.js';
import { checkUserName } from './user-names.js';
import { UserRepository } from './user-repository.js';
import { openVaultFile } from './vault-file.js';
import type { OpenUserOptions, UserSettings, VaultParts } from './vault-parts.js';

/** An open vault. Made by `openVault`. */
export class Vault {
  /** 32 hex digits. */
  readonly id: string;
  readonly path: string;
  readonly keyFile: string;
  readonly backend: Backend;
  /** When this was made: the wall clock, and the one that never jumps. */
  readonly opened: { readonly wall: number; readonly monotonic: number };
  /** How much is stored of whom, and how much may be. */
  readonly stored: StoredBytes;
  /** Each is told how long whoever writes to a user's log waited for the turn, milliseconds. */
  readonly turnWatchers = new Set<(waitedMs: number) => void>();
  /** The last run of each round of upkeep. */
  readonly rounds: RoundNotes;
  /** Jobs that have not ended. */
  readonly queue: QueueFiles;
  /** Who may ask a daemon from elsewhere. */
  readonly tokens: TokenFiles;
  readonly #parts: VaultParts;
  readonly #registry: Registry;
  readonly #tellTurn = (waitedMs: number): void => {
    for (const watcher of this.turnWatchers) watcher(waitedMs);
  };
  /** Those that rest, too. */
  readonly #open = new Map<string, OpenUser>();
  readonly #resting: RestingUsers;
  /** The index goes back to its own place, since there is room again: whoever opens a user meanwhile waits. */
  #moving: Promise<void> | undefined;
  #closed = false;

  constructor(parts: VaultParts) {
    this.#parts = parts;
    this.id = toHex(parts.vaultId);
    this.path = parts.path;
    this.keyFile = parts.keyFile;
    this.backend = parts.backend;
    this.stored = parts.stored;
    this.opened = { wall: parts.clock.now(), monotonic: parts.clock.monotonic() };
    this.rounds = new RoundNotes(parts.path, parts.master.vaultMacKey);
    this.queue = new QueueFiles(parts.backend, parts.master, parts.vaultId, parts.random);
    this.tokens = new TokenFiles(parts.backend, parts.master, parts.vaultId, parts.random);
    const alone = parts.lock !== undefined && parts.restingUsers > 0;
    this.#registry = new Registry(this.#twice, parts.master, parts.vaultId, alone);
    this.#resting = new RestingUsers(alone ? parts.restingUsers : 0);
  }

  /** Whether nothing can be written: it was opened so, or its file system is full. */
  get readOnly(): boolean {
    return this.#parts.readOnly || this.#isFull;
  }

  /** Not even the index could be written, so that one elsewhere stands in for it. */
  get #isFull(): boolean {
    return !this.#parts.readOnly && this.#parts.directory.isTemporary;
  }

  /** All users, or some, sorted by name, and what of the registry is damaged. */
  users(options?: UserListOptions): Promise<UserList> {
    return this.#registry.list(options);
  }

  /** All users one by one, read as they are asked for, in no order that means anything; the error of a record that is damaged in its place. */
  eachUser(): AsyncGenerator<RegistryRecord | BitacoraError> {
    return this.#registry.each();
  }

  /** Throws `BAD_NAME`; `UNKNOWN_USER`; `DATA_CORRUPT` naming a damaged record. */
  async findUser(name: string): Promise<RegistryRecord> {
    checkUserName(name);
    const record = await this.#registry.find(name);
    if (record?.state === 'active') return record;
    const what = record ? `The user "${name}" was erased` : `There is no user "${name}" in the vault "${this.path}"`;
    throw new BitacoraError('UNKNOWN_USER', `${what}. \`bitacora user list\` shows those there are.`, {
      details: { user: name },
    });
  }

  /**
   * The user of that name, made if there is none: keys first, in two copies that were read back, then the record.
   *
   * @param more - What a new user's record says besides.
   *
   * @throws {BitacoraError} `BAD_NAME`; `VAULT_READ_ONLY`; `UNKNOWN_USER` if the user was erased; the backend's errors.
   */
  async ensureUser(
    name: string,
    more: UserSettings = {},
  ): Promise<{ readonly record: RegistryRecord; readonly created: boolean }> {
    checkUserName(name);
    const found = await this.#registry.find(name);
    if (found) return { record: await this.findUser(name), created: false };
    this.checkWritable();
    const { random, clock } = this.#parts;
    const record: RegistryRecord = {
      version: 1,
      name,
      uid: random.bytes(16),
      created: clock.now(),
      state: 'active',
      sources: more.sources ?? [],
      exclude: more.exclude ?? [],
      ...(more.quota === undefined ? {} : { quota: more.quota }),
    };
    await createBundle(this.#bundleContext(record.uid), random, record.created);
    try {
      await this.#registry.add(record, random);
    } catch (error) {
      if (!isBitacoraError(error, 'OBJECT_EXISTS')) throw error;
      // Another call was faster; the keys just made are nobody's.
      return { record: await this.findUser(name), created: false };
    }
    return { record, created: true };
  }

  /**
   * Changes what a user's record says; durable when it resolves. Calls that overlap are done one after another.
   *
   * @param change - Given what the record says now.
   * @throws {BitacoraError} `BAD_NAME`; `VAULT_READ_ONLY`; `UNKNOWN_USER`; `DATA_CORRUPT`; the backend's errors.
   */
  async changeUser(name: string, change: (record: RegistryRecord) => UserSettings): Promise<RegistryRecord> {
    await this.findUser(name);
    this.checkWritable();
    const changed = await this.#registry.change(
      name,
      (record) => ({ ...record, ...change(record) }),
      this.#parts.random,
    );
    return changed ?? this.findUser(name);
  }

  /**
   * Opens a user: loads the keys, and makes the index agree with the backend, by a rebuild if need be. May be called
   * while the user is open; each result is closed on its own. What is wrong with the log keeps nobody from what is sound:
   * `UserRepository.logProblems` tells it.
   *
   * @throws {BitacoraError} `BAD_NAME`; `UNKNOWN_USER`; `OBJECT_MISSING` or `DATA_CORRUPT` naming a key bundle; `FORMAT_NEWER`;
   *   `CANCELLED`; the backend's errors.
   */
  async openUser(name: string, options: OpenUserOptions = {}): Promise<UserRepository> {
    const record = await this.findUser(name);
    const key = toHex(record.uid);
    let user = this.#wake(key, options);
    while (user && (options.rebuild || user.stop.signal.aborted)) {
      user.mayRest = false;
      await untilClosed(user, options.signal);
      user = this.#wake(key, options);
    }
    if (this.#closed) throw new TypeError('The vault is closed.');
    if (!user) {
      user = openingUser(this.#parts.clock.monotonic(), (signal) => this.#start(record, { ...options, signal }));
      this.#open.set(key, user);
    }
    user.holders++;
    const release = this.#releaser(key, user);
    try {
      await endOrAbort(user.opening, options.signal);
      if (options.signal?.aborted) {
        // The others who wait keep the opening; the last one gives it up, and waits until that is done.
        if (user.holders > 1) {
          release();
          throwIfAborted(options.signal);
        }
        user.stop.abort();
      }
      const { keys, log, index, refreshed } = await user.opening;
      throwIfAborted(options.signal);
      const { backend } = this.#parts;
      const { readOnly } = this;
      const holder = index.holders.open(Math.max(0, ...index.mark.applied.map(({ seq }) => seq)));
      return new UserRepository({ name, keys, index, backend, log, holder, readOnly, ...refreshed }, release);
    } catch (error) {
      release();
      throw error;
    }
  }

  /**
   * Reads both copies of a user's key bundles. A copy that is not as it must be is a finding, and made again where that can be.
   *
   * @throws {BitacoraError} `UNKNOWN_USER`; `OBJECT_MISSING` or `DATA_CORRUPT` where no copy is good.
   */
  async checkKeys(name: string): Promise<BitacoraError[]> {
    const { uid } = await this.findUser(name);
    const problems: BitacoraError[] = [];
    const onProblem = (problem: BitacoraError) => void problems.push(problem);
    const bundles = await loadBundles({ ...this.#bundleContext(uid), onProblem });
    for (const { bundle } of bundles) for (const root of [bundle.dedupRoot, bundle.encryptionRoot]) root.fill(0);
    return problems;
  }

  /** Sees that `vault.json` and its copy are as they must be, and puts right what is not. */
  async checkOwnFile(): Promise<BitacoraError[]> {
    const { vaultId, master, logger } = this.#parts;
    const findings = await checkTwice(this.#twice, VAULT_FILE_NAME, (bytes) => openVaultFile(bytes, vaultId, master));
    for (const { message, code, details } of findings) logger.warn(message, { code, object: details.object });
    return findings;
  }

  /** Reads what is the vault's own: `vault.json`, the records of all users, and jobs that wait; findings for what is damaged. */
  async check(options: CallOptions = {}): Promise<BitacoraError[]> {
    throwIfAborted(options.signal);
    const file = await this.checkOwnFile();
    throwIfAborted(options.signal);
    return [
      ...file,
      ...(await this.#registry.check()),
      ...(await this.queue.list()).damaged,
      ...(await this.tokens.list()).damaged,
    ];
  }

  /** Throws `VAULT_READ_ONLY` or `NO_SPACE` with the next step. */
  checkWritable(): void {
    if (!this.readOnly) return;
    if (this.#isFull) {
      const message = `No space is left for the vault "${this.path}", which can only be read now. Free some space and try again.`;
      throw new BitacoraError('NO_SPACE', message, { details: { path: this.path } });
    }
    throw new BitacoraError(
      'VAULT_READ_ONLY',
      `The vault "${this.path}" cannot be written: it was opened for reading, is mounted read-only, or belongs to somebody else.`,
      { details: { path: this.path } },
    );
  }

  /** Lets go of everything: users, index, backend, lock, keys. May be called twice. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const { directory, backend, ownsBackend, lock, master } = this.#parts;
    const users = await Promise.allSettled([...this.#open.values()].map(({ opening }) => opening));
    for (const user of users) if (user.status === 'fulfilled') user.value.keys.close();
    this.#open.clear();
    await this.#keepStored();
    try {
      // Each of them whatever becomes of the other; the first failure is told.
      const closed = await Promise.allSettled([directory.close(), ownsBackend ? backend.close() : undefined]);
      for (const one of closed) if (one.status === 'rejected') throw one.reason;
    } finally {
      lock?.release();
      const { wrapKey, registryKey, registryNameKey, vaultMacKey, queueKey, tokenKey } = master;
      for (const key of [wrapKey, registryKey, registryNameKey, vaultMacKey, queueKey, tokenKey]) key.fill(0);
    }
  }

  /** Writes again, where the file system was full and there is room now. */
  async comeBack(): Promise<void> {
    if (this.#isFull && this.#othersOpen() === 0) this.#moving = this.#parts.directory.moveBack();
    await this.#moving;
  }

  /** A cache: without it everything is counted again. */
  async #keepStored(): Promise<void> {
    if (this.readOnly) return;
    try {
      await this.#parts.stored.save();
    } catch (error) {
      this.#parts.logger.warn('How much is stored could not be kept in the index; it will be counted again.', {
        error: String(error),
      });
    }
  }

  async #start(record: RegistryRecord, options: OpenUserOptions): Promise<OpenedUser> {
    await this.comeBack();
    const bundles = await loadBundles(this.#bundleContext(record.uid));
    const keys = new KeyRing(this.#parts.vaultId, record.uid, bundles);
    try {
      const refreshed = await this.#refresh(record, keys, options);
      const { backend, directory, clock, random, logger } = this.#parts;
      const { readOnly } = this;
      const index = await directory.index.user(record.uid);
      const parts = { backend, index, keys, readOnly, clock, random, logger, onTurn: this.#tellTurn };
      return { keys, log: new Log(parts), index, refreshed };
    } catch (error) {
      keys.close();
      throw error;
    }
  }

  async #refresh(record: RegistryRecord, keys: KeyRing, options: OpenUserOptions): Promise<Refreshed> {
    const { directory, backend, logger } = this.#parts;
    const { rebuild: force, signal, progress } = options;
    const refresh = async () => {
      const { readOnly } = this;
      const index = await directory.index.user(record.uid);
      return refreshUser({ backend, index, keys, logger, readOnly, name: record.name, force, signal, progress });
    };
    try {
      return await refresh();
    } catch (error) {
      // Other users that are open hold on to the index; theirs must not be taken away from under them.
      if (this.#othersOpen() > 1) throw error;
      if (isBitacoraError(error, 'NO_SPACE')) {
        logger.warn('No space is left for the index. One elsewhere stands in for it, and nothing is written.', {
          vault: this.path,
        });
        await directory.moveElsewhere(error);
      } else if (isIndexDamage(error)) await directory.recreate(error);
      else throw error;
      return refresh();
    }
  }

  /** The user as somebody has it open, or as it rests; what has rested for too long is closed, and so is what is to be rebuilt. */
  #wake(key: string, { rebuild = false }: OpenUserOptions): OpenUser | undefined {
    const user = this.#open.get(key);
    if (!user || !this.#resting.take(key, user)) return user;
    if (!rebuild && !this.#resting.isStale(user, this.#parts.clock.monotonic())) {
      // What was found when it was opened was told then.
      user.opened!.refreshed = { rebuilt: undefined, logProblems: [] };
      return user;
    }
    this.#end(key, user);
    return undefined;
  }

  /** How many are open once those that rest are closed. */
  #othersOpen(): number {
    for (const [key, user] of this.#resting.takeAll()) this.#end(key, user);
    return this.#open.size;
  }

  #releaser(key: string, user: OpenUser): () => void {
    let released = false;
    return () => {
      if (released) return;
      released = true;
      if (--user.holders > 0 || this.#open.get(key) !== user) return;
      if (this.readOnly || !this.#resting.mayRest(user)) return this.#end(key, user);
      for (const [oldKey, old] of this.#resting.add(key, user, this.#parts.clock.monotonic())) this.#end(oldKey, old);
    };
  }

  #end(key: string, user: OpenUser): void {
    this.#open.delete(key);
    this.#parts.directory.index.release(fromHex(key));
    user.tellClosed();
    user.opening.then(({ keys }) => keys.close()).catch(() => undefined);
  }

  get #twice(): TwiceContext {
    const { backend, logger } = this.#parts;
    return { backend, logger, isReadOnly: () => this.readOnly };
  }

  #bundleContext(uid: Uint8Array): Parameters<typeof loadBundles>[0] {
    const { backend, master, vaultId, logger } = this.#parts;
    return { backend, master, vaultId, uid, readOnly: this.readOnly, logger };
  }
}
