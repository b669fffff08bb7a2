import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { backup } from '../../src/backup/index.js';
import { recordSource } from '../../src/backup/records/record-source.js';
import { sliceData } from '../../src/backup/records/slice-data.js';
import { noProgress, silentLogger, systemRandom, toHex } from '../../src/base/index.js';
import type { Engine } from '../../src/engine/index.js';
import type { Manifest } from '../../src/format/index.js';
import { MemoryBackend } from '../../src/storage/index.js';
import { Calendar, checkpointUser, DEFAULT_POLICY, pruneUser, retain, scrub } from '../../src/upkeep/index.js';
import { initVault, openVault, type UserRepository, type Vault } from '../../src/vault/index.js';
import { type UnsteadyBackend, unsteady } from './keeping-backend.js';
import { digestOf, needsOf, PackCache } from './keeping-check.js';
import { LogRecord } from './keeping-log.js';
import { SeededRandom } from './random.js';

export const DAY_MS = 24 * 3600 * 1000;

/** What is known of a snapshot from when it was taken. */
interface Taken {
  readonly digest: string;
  readonly needs: ReadonlySet<string>;
  /** By the true time, whatever the clock said. */
  readonly day: number;
}

export interface WorldUser {
  readonly name: string;
  readonly source: string;
  readonly files: Map<string, number>;
  readonly snapshots: Map<string, Taken>;
  /** True day when each name was first seen aside. */
  readonly trash: Map<string, number>;
  sessions: number;
}

/** A wall clock that is set by hand, and one that only goes forward. */
export interface WorldClock {
  now(): number;
  monotonic(): number;
  /** How far the wall clock is off. */
  off: number;
}

/** A vault in memory with users who work in it, and beside it what must be in it. */
export class World {
  readonly random: SeededRandom;
  readonly memory = new MemoryBackend();
  readonly unsteady: UnsteadyBackend;
  readonly users: readonly WorldUser[];
  readonly clock: WorldClock;
  readonly tally: Record<string, number> = {};
  /** Whether only retention forgets, so that what it must not forget is a finding. */
  retains = true;
  /** What was told as an error. */
  readonly alarms: string[] = [];
  /** The day on which the clock became wrong last. */
  wrongSince = 0;
  /** True days since the beginning. */
  day = 0;
  readonly #root: string;
  readonly #engine: Engine;
  readonly #cache = new PackCache();
  readonly #logs: LogRecord;
  readonly #start = Date.UTC(2030, 0, 1);
  #vault!: Vault;

  private constructor(root: string, engine: Engine, seed: number, users: number) {
    this.#root = root;
    this.#engine = engine;
    this.random = new SeededRandom(seed);
    this.#logs = new LogRecord(this.memory);
    this.unsteady = unsteady(this.memory, this.random);
    const passed = (): number => Math.round(this.day * DAY_MS);
    this.clock = { off: 0, now: () => this.#start + passed() + this.clock.off, monotonic: () => 1000 + passed() };
    this.users = Array.from({ length: users }, (_, i) => {
      const source = join(root, `user-${i}`);
      mkdirSync(source);
      const user = { name: `user-${i}`, source, files: new Map(), snapshots: new Map(), trash: new Map(), sessions: 0 };
      for (let file = 0; file < 6; file++) this.#writeFile(user, `${file}`);
      return user;
    });
  }

  static async start(root: string, engine: Engine, seed: number, users: number): Promise<World> {
    const world = new World(root, engine, seed, users);
    const place = { path: join(root, 'vault'), keyFile: join(root, 'key'), backend: world.memory };
    await initVault({ ...place, clock: world.clock });
    await world.#openVault();
    for (const { name } of world.users) await world.#vault.ensureUser(name);
    return world;
  }

  close(): Promise<void> {
    return this.#vault.close();
  }

  count(what: string): void {
    this.tally[what] = (this.tally[what] ?? 0) + 1;
  }

  async open<T>(user: WorldUser, use: (repository: UserRepository) => Promise<T>): Promise<T> {
    const repository = await this.#vault.openUser(user.name);
    try {
      return await use(repository);
    } finally {
      repository.close();
    }
  }

  /** Every change gives a file another length: its time of change may be the same. */
  edit(user: WorldUser): void {
    const { random } = this;
    for (let i = 1 + random.below(3); i > 0; i--) {
      const names = [...user.files.keys()];
      if (names.length > 3 && random.chance(0.1)) {
        const gone = random.pick(names);
        rmSync(join(user.source, gone));
        user.files.delete(gone);
      } else this.#writeFile(user, random.chance(0.2) ? `n${random.below(1000)}` : random.pick(names));
    }
  }

  /** Takes a snapshot of the directory, of a session's records, or of both. */
  async backup(user: WorldUser, repository: UserRepository, signal?: AbortSignal): Promise<void> {
    const session = this.random.chance(0.4) ? `s${user.sessions++}` : undefined;
    const paths = session === undefined || this.random.chance(0.5) ? [user.source] : [];
    const text = JSON.stringify({ actions: [...this.random.bytes(40)].map((id) => ({ id: `${id}`, of: session })) });
    const records =
      session === undefined ? undefined : recordSource(() => sliceData(Buffer.from(text)), { session, userWide: [] });
    const { backupId } = await backup({
      repository,
      engine: this.#engine,
      vaultPath: undefined,
      paths,
      records,
      session,
      kind: session === undefined ? 'periodic' : 'session_end',
      codec: 'none',
      clock: this.clock,
      random: systemRandom,
      logger: silentLogger,
      signal,
    });
    this.count('backup');
    const { snapshot } = await repository.snapshots.findListed(toHex(backupId!));
    await this.#note(user, repository, snapshot.id, snapshot.manifest);
  }

  async retain(repository: UserRepository): Promise<void> {
    const { opened } = this.#vault;
    const options = { policy: DEFAULT_POLICY, calendar: new Calendar('UTC'), clock: this.clock, opened };
    const { forgotten } = await retain(repository, options);
    if (forgotten.length > 0) this.count('retention forgets');
  }

  async prune(repository: UserRepository, signal?: AbortSignal): Promise<void> {
    const common = { engine: this.#engine, opened: this.#vault.opened, codec: 'none', clock: this.clock } as const;
    // What is found among what went was lost for a while.
    const error = (message: string): void => void this.alarms.push(message);
    const options = { ...common, logger: { ...silentLogger, error }, progress: noProgress, signal };
    this.count('prune');
    const first = await pruneUser(repository, options);
    if (first.status === 'held') {
      this.count('prune held');
      await pruneUser(repository, { ...options, allowLarge: true });
    }
    if (first.purged.packs > 0) this.count('purge');
    if (first.added.packs > 0) this.count('repack');
  }

  /** Sums the log up, often enough that segments are gathered again and gone through. */
  async sumUp(repository: UserRepository, signal?: AbortSignal): Promise<void> {
    const options = { clock: this.clock, logger: silentLogger, signal, tailMost: 6 };
    const result = await checkpointUser(repository, options);
    if (!result) return;
    this.count('checkpoint');
    if (result.dropped > 0) this.count('checkpoint drops');
    if (result.removed > 0) this.count('checkpoint removes');
  }

  async scrub(user: WorldUser): Promise<void> {
    const common = { clock: this.clock, logger: silentLogger, progress: noProgress, signal: undefined };
    const result = await scrub(this.#vault, { ...common, user: user.name, engine: this.#engine, percent: 100 });
    const problem = [...result.vaultProblems, ...result.users.flatMap(({ problems }) => problems)][0];
    if (problem) throw new Error(`A scrub of ${user.name} finds: ${problem.message}`);
    this.count('scrub');
  }

  /** Reads one snapshot that is not forgotten, or the one told, and compares it with what it was. */
  async read(user: WorldUser, repository: UserRepository, wanted?: string): Promise<void> {
    const listed = await repository.snapshots.list();
    const snapshot =
      wanted === undefined ? listed[this.random.below(listed.length)] : listed.find(({ id }) => id === wanted);
    const taken = snapshot && user.snapshots.get(snapshot.id);
    if (!snapshot || !taken) return;
    const digest = await digestOf(repository, snapshot.manifest);
    if (digest !== taken.digest) throw new Error(`Snapshot ${snapshot.id} of ${user.name} is not what it was.`);
    this.count('read');
  }

  /** Lets the process die: everything is opened anew, with or without the index. */
  async die(loseIndex: boolean): Promise<void> {
    this.unsteady.revive();
    await this.#vault.close();
    if (loseIndex) rmSync(join(this.#root, 'vault', 'index'), { recursive: true, force: true });
    this.count(loseIndex ? 'death with the index' : 'death');
    await this.#openVault();
  }

  /** What must hold of a user at any time; throws what does not. */
  async check(user: WorldUser, repository: UserRepository): Promise<void> {
    if (this.alarms[0]) throw new Error(this.alarms[0]);
    const facts = await this.#cache.facts(this.memory, repository);
    const listed = new Set<string>();
    const ended = new Set<string>();
    let newest: string | undefined;
    for await (const { snapshot, forgotten, givenUp } of repository.snapshots.all()) {
      const { id, manifest } = snapshot;
      listed.add(id);
      if (!user.snapshots.has(id) && !givenUp) await this.#note(user, repository, id, manifest);
      const taken = user.snapshots.get(id);
      const isPath = manifest.scopes.some(({ scope }) => scope.startsWith('path:'));
      if (isPath && newest === undefined) {
        newest = id;
        if (forgotten && this.retains) throw new Error(`The newest snapshot ${id} of ${user.name} is forgotten.`);
      }
      if (givenUp) ended.add(id);
      if (givenUp || !taken) continue;
      if (forgotten && this.retains && this.day - taken.day < 29) {
        const what = `${id} of ${user.name} (${manifest.scopes.map(({ scope }) => scope).join()})`;
        throw new Error(
          `${what} is forgotten after ${this.day - taken.day} days; the clock is off by ${this.clock.off / DAY_MS}.`,
        );
      }
      for (const need of taken.needs) {
        if (!facts.available.has(need)) throw new Error(`Chunk ${need} of snapshot ${id} of ${user.name} is gone.`);
      }
    }
    // What was given up leaves the log with a checkpoint, and nothing else does.
    const givenUp = this.#logs.givenUp(repository);
    for (const id of user.snapshots.keys())
      if (!listed.has(id) && !givenUp.has(id)) throw new Error(`Snapshot ${id} of ${user.name} is gone.`);
    for (const id of listed)
      if (givenUp.has(id) && !ended.has(id)) throw new Error(`Snapshot ${id} of ${user.name} came back.`);
    for (const name of facts.trash) if (!user.trash.has(name)) user.trash.set(name, this.day);
    for (const name of user.trash.keys()) if (!facts.trash.includes(name)) user.trash.delete(name);
  }

  /** How much of what is stored is needed, 0 to 1, and how long the oldest is aside, in days. */
  async space(
    user: WorldUser,
    repository: UserRepository,
  ): Promise<{ bytes: number; share: number; asideDays: number }> {
    const { packs } = await this.#cache.facts(this.memory, repository);
    const needed = new Set<string>();
    for (const { id } of await repository.snapshots.list())
      for (const need of user.snapshots.get(id)?.needs ?? []) needed.add(need);
    let bytes = 0;
    let live = 0;
    for (const { ids, length } of packs) {
      bytes += length;
      live += (length * ids.filter((id) => needed.has(id)).length) / ids.length;
    }
    const asideDays = Math.max(0, ...[...user.trash.values()].map((since) => this.day - since));
    return { bytes, share: bytes === 0 ? 1 : live / bytes, asideDays };
  }

  async #note(user: WorldUser, repository: UserRepository, id: string, manifest: Manifest): Promise<void> {
    const digest = await digestOf(repository, manifest);
    user.snapshots.set(id, { digest, needs: await needsOf(repository, manifest), day: this.day });
  }

  #writeFile(user: WorldUser, name: string): void {
    const before = user.files.get(name) ?? 0;
    let length = 1 + this.random.below(4000);
    if (length === before) length++;
    writeFileSync(join(user.source, name), this.random.bytes(length));
    user.files.set(name, length);
  }

  async #openVault(): Promise<void> {
    const place = { path: join(this.#root, 'vault'), keyFile: join(this.#root, 'key'), backend: this.unsteady.backend };
    this.#vault = await openVault({ ...place, clock: this.clock });
  }
}
