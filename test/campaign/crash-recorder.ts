import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { backup } from '../../src/backup/index.js';
import { recordSource } from '../../src/backup/records/record-source.js';
import { sliceData } from '../../src/backup/records/slice-data.js';
import { isBitacoraError, noProgress, silentLogger, systemClock, systemRandom, toHex } from '../../src/base/index.js';
import type { Engine } from '../../src/engine/index.js';
import { createUuid, formatUuid } from '../../src/snapshot/index.js';
import { type Backend, type LocalBackend, openLocalBackend } from '../../src/storage/index.js';
import { checkpointUser, pruneUser } from '../../src/upkeep/index.js';
import { initVault, openVault, type UserRepository, type Vault } from '../../src/vault/index.js';
import type { CrashDisk, Operation, Pledge } from './crash-disk.js';
import type { SeededRandom } from './random.js';
import { readTree, type Tree } from './tree.js';

/** One snapshot of a history. */
export interface MadeSnapshot {
  readonly user: string;
  readonly id: string;
  /** The scope's root as the manifest has it: with it all that is below, by ids. */
  readonly root: string;
  /** None of a session's records. */
  readonly tree: Tree | undefined;
}

export interface RecorderOptions {
  /** A directory of its own, for the vault's lock and index and copies of that. */
  readonly root: string;
  readonly disk: CrashDisk;
  readonly keyFile: string;
  /** What each user backs up, a directory of the user's name. */
  readonly sources: string;
  readonly random: SeededRandom;
  readonly engine: Engine;
  /** The highest number that a setting has had. */
  readonly settings?: number;
  /** Those that there are already. */
  readonly snapshots?: ReadonlyMap<string, MadeSnapshot>;
}

/** A backend whose objects are on a disk in memory: nobody else can open its files. */
export function onDisk(local: LocalBackend): Backend {
  return {
    kind: local.kind,
    get: (name, options) => local.get(name, options),
    getRange: (name, offset, length, options) => local.getRange(name, offset, length, options),
    stat: (name, options) => local.stat(name, options),
    list: (prefix, options) => local.list(prefix, options),
    localPath: () => undefined,
    put: (name, source, options) => local.put(name, source, options),
    spoolDirectory: () => local.spoolDirectory(),
    remover: () => local.remover(),
    close: () => local.close(),
  };
}

/** Does to a vault on a disk in memory what people do, and writes down what that does to the disk and what is promised. */
export class Recorder {
  /** Packs that prunes wrote again, put aside and removed for good. */
  readonly pruned = { rewritten: 0, aside: 0, purged: 0 };
  readonly #options: RecorderOptions;
  readonly #snapshots: Map<string, MadeSnapshot>;
  #copies = 0;
  #settings: number;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#snapshots = new Map(options.snapshots);
    this.#settings = options.settings ?? 0;
    // Spooled packs are real files, which the disk takes over.
    mkdirSync(join(options.disk.root, 'tmp'), { recursive: true });
    mkdirSync(join(options.root, 'copies'));
  }

  get snapshots(): ReadonlyMap<string, MadeSnapshot> {
    return this.#snapshots;
  }

  async init(): Promise<void> {
    const { keyFile } = this.#options;
    const local = await this.#local();
    await initVault({ path: this.#vaultPath, keyFile, backend: onDisk(local) });
    this.#tell({ kind: 'vault' });
    await local.close();
  }

  /** Makes something to begin with. */
  plant(users: readonly string[]): void {
    for (const user of users) {
      mkdirSync(join(this.#sourceOf(user), 'inner/most'), { recursive: true });
      for (let i = 0; i < 8; i++) this.#edit(user);
    }
  }

  /** Groups of users one after another; those of a group are backed up at the same time. */
  async session(...groups: string[][]): Promise<void> {
    await this.#open(async (vault) => {
      for (const group of groups) {
        for (const user of group) for (let i = 0; i < 3; i++) this.#edit(user);
        const work = group.map((user) => this.#backUp(vault, user));
        await Promise.all([...work, this.#passJob(vault), this.#change(vault, group[0]!)]);
      }
    });
  }

  /** Sums a user's log up, while another backup is taken, and twice: the second time what is covered goes. */
  async sumUp(user: string): Promise<void> {
    for (let i = 0; i < 2; i++) {
      this.#edit(user);
      await this.#open(async (vault) => {
        const repository = await vault.openUser(user);
        const options = { clock: systemClock, logger: silentLogger, tailMost: 1 };
        try {
          await Promise.all([checkpointUser(repository, options), this.#backUp(vault, user)]);
        } finally {
          repository.close();
        }
      });
    }
  }

  /** Stops a backup when its first pack has its name: the pack stays, and no snapshot has it. */
  async cutShort(user: string): Promise<void> {
    this.#edit(user);
    await this.#open(async (vault) => {
      const controller = new AbortController();
      this.#watch((operation) => {
        if (operation.op === 'entry' && operation.kind === 'file' && operation.name.length >= 62) controller.abort();
      });
      try {
        await this.#backUp(vault, user, controller.signal);
      } catch (error) {
        if (!isBitacoraError(error, 'CANCELLED')) throw error;
      }
      this.#watch();
    });
  }

  /** Ends sessions of a user, with records, one after another. */
  async end(user: string, ...sessions: string[]): Promise<void> {
    await this.#open(async (vault) => {
      for (const session of sessions) await this.#backUp(vault, user, undefined, session);
    });
  }

  /**
   * Forgets a user's oldest snapshots and frees what only they need, while another backup is taken; packs of which something is needed are
   * written again, and what is aside goes for good.
   */
  async prune(user: string, forgets: number): Promise<void> {
    await this.#withUser(user, async (repository) => {
      const listed = (await repository.snapshots.list()).slice(-forgets);
      for (const { id } of listed) this.#tell({ kind: 'forgotten', id });
      const backupIds = listed.map(({ manifest }) => manifest.backupId);
      await repository.log.append({ kind: 'forget', body: { backupIds } });
    });
    for (let run = 0; run < 3; run++) {
      this.#edit(user);
      await this.#withUser(user, async (repository, vault) => {
        const common = { clock: systemClock, logger: silentLogger, progress: noProgress, opened: vault.opened };
        const options = {
          ...common,
          engine: this.#options.engine,
          codec: 'none',
          graceMs: 0,
          allowLarge: true,
        } as const;
        const pruning = pruneUser(repository, options);
        // The user is let go before the next run, so that packs may move.
        const [{ status, added, purged, putAside }] = await Promise.all([pruning, this.#backUp(vault, user)]);
        if (status !== 'done') throw new Error(`A prune of "${user}" is ${status}.`);
        this.pruned.rewritten += added.packs;
        this.pruned.aside += putAside.packs;
        this.pruned.purged += purged.packs;
      });
    }
  }

  /** Gives a user so much that data and nodes become packs of their own, and one of them is spooled. */
  grow(user: string): void {
    writeFileSync(join(this.#sourceOf(user), 'random'), this.#options.random.bytes(2_400_000));
    writeFileSync(join(this.#sourceOf(user), 'text'), this.#options.random.text(2_000_000));
  }

  async #withUser(user: string, use: (repository: UserRepository, vault: Vault) => Promise<void>): Promise<void> {
    await this.#open(async (vault) => {
      const repository = await vault.openUser(user);
      try {
        await use(repository, vault);
      } finally {
        repository.close();
      }
    });
  }

  async #open(use: (vault: Vault) => Promise<void>): Promise<void> {
    const local = await this.#local();
    const vault = await openVault({ path: this.#vaultPath, keyFile: this.#options.keyFile, backend: onDisk(local) });
    await local.cleanTemporary();
    this.#watch();
    try {
      await use(vault);
    } finally {
      await vault.close();
      this.#keepIndex();
      this.#options.disk.watch(() => undefined);
      await local.close();
    }
  }

  /** The index as it is when an object gets its name: with what came before, and not with the object. */
  #watch(also: (operation: Operation) => void = () => undefined): void {
    this.#options.disk.watch((operation) => {
      if (operation.op === 'entry' && operation.kind === 'file' && operation.directory !== 0) this.#keepIndex();
      also(operation);
    });
  }

  #keepIndex(): void {
    const copy = join(this.#options.root, 'copies', String(this.#copies++));
    cpSync(join(this.#vaultPath, 'index'), copy, { recursive: true });
    this.#options.disk.operations.push({ op: 'index', copy });
  }

  /** Of the directory, or of a session's records. */
  async #backUp(vault: Vault, user: string, signal?: AbortSignal, session?: string): Promise<void> {
    const path = this.#sourceOf(user);
    const tree = session === undefined ? readTree(path) : undefined;
    const text = JSON.stringify({ actions: [1, 2, 3].map((id) => ({ id: `${session} ${id}`, of: session })) });
    const records =
      session === undefined ? undefined : recordSource(() => sliceData(Buffer.from(text)), { session, userWide: [] });
    await vault.ensureUser(user);
    const repository = await vault.openUser(user);
    try {
      const report = await backup({
        repository,
        engine: this.#options.engine,
        vaultPath: undefined,
        paths: session === undefined ? [path] : [],
        records,
        session,
        kind: session === undefined ? 'manual' : 'session_end',
        clock: systemClock,
        random: systemRandom,
        logger: silentLogger,
        signal,
      });
      const id = formatUuid(report.backupId!);
      this.#snapshots.set(id, { user, id, root: toHex(report.scopes[0]!.entry), tree });
      this.#tell({ kind: 'snapshot', id });
    } finally {
      repository.close();
    }
  }

  #tell(promise: Pledge): void {
    this.#options.disk.note({ op: 'told', promise });
  }

  /** A job is accepted and ends; another one stays. */
  async #passJob(vault: Vault): Promise<void> {
    const ids = [1, 2].map(() => formatUuid(createUuid(systemClock, systemRandom)));
    for (const id of ids) {
      const job = { id, submitted: systemClock.now(), operation: 'backup', user: 'ana', input: {} };
      await vault.queue.add({ ...job, access: 'write' });
      this.#tell({ kind: 'job', id, state: 'waits' });
    }
    const id = ids[0]!;
    this.#tell({ kind: 'job', id, state: 'ends' });
    await vault.queue.remove(id);
    this.#tell({ kind: 'job', id, state: 'over' });
  }

  async #change(vault: Vault, user: string): Promise<void> {
    await vault.ensureUser(user);
    for (let i = 0; i < 2; i++) {
      const number = ++this.#settings;
      await vault.changeUser(user, () => ({ exclude: [String(number)] }));
      this.#tell({ kind: 'setting', user, number });
    }
  }

  /** Small files, since everything is read again for every state. */
  #edit(user: string): void {
    const random = this.#options.random;
    const directory = join(this.#sourceOf(user), random.pick(['', 'inner', 'inner/most']));
    const file = join(directory, `f${random.below(6)}`);
    if (random.chance(0.15)) rmSync(file, { force: true });
    else writeFileSync(file, random.chance(0.5) ? random.bytes(random.below(4000)) : random.text(random.below(9000)));
  }

  #local(): Promise<LocalBackend> {
    return openLocalBackend(this.#options.disk.root, { fileSystem: this.#options.disk });
  }

  #sourceOf(user: string): string {
    return join(this.#options.sources, user);
  }

  get #vaultPath(): string {
    return join(this.#options.root, 'vault');
  }
}
