import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isBitacoraError, systemRandom } from '../../src/base/index.js';
import type { Engine } from '../../src/engine/index.js';
import { type LocalBackend, openLocalBackend } from '../../src/storage/index.js';
import { initVault, openVault, type UserRepository, type Vault } from '../../src/vault/index.js';
import { damageIndex, INDEX_DAMAGES, type IndexPlaces, keepIndex } from './index-damage.js';
import { CHANGES } from './model-steps.js';
import { SeededRandom } from './random.js';
import { backupPath, restoreScope } from './restoring.js';
import { removeScratch } from './scratch.js';
import { differences, readTree, type Tree } from './tree.js';
import { createTripwire, type Tripwire } from './tripwire.js';

/** One step of a sequence: what to do, with two numbers that choose the details. */
export interface Step {
  readonly what: string;
  readonly a: number;
  readonly b: number;
}

interface ModelUser {
  readonly name: string;
  readonly source: string;
  /** What every acknowledged snapshot holds. */
  readonly snapshots: Map<string, Tree>;
}

/** A vault with two users, and beside it what must be in it. A step that finds the two to differ throws. */
export class ModelRun {
  readonly #root: string;
  readonly #engine: Engine;
  readonly #users: readonly ModelUser[];
  readonly #places: IndexPlaces;
  readonly #local: LocalBackend;
  readonly #tripwire: Tripwire;
  #vault: Vault;

  private constructor(root: string, engine: Engine, local: LocalBackend, tripwire: Tripwire, vault: Vault) {
    this.#root = root;
    this.#engine = engine;
    this.#local = local;
    this.#tripwire = tripwire;
    this.#vault = vault;
    this.#places = { vault: join(root, 'vault'), aside: join(root, 'aside'), foreign: join(root, 'nowhere') };
    this.#users = ['ana', 'ben'].map((name) => ({ name, source: join(root, name), snapshots: new Map() }));
    for (const { source } of this.#users) mkdirSync(source);
  }

  static async start(root: string, engine: Engine): Promise<ModelRun> {
    const path = join(root, 'vault');
    const keyFile = join(root, 'key');
    await initVault({ path, keyFile });
    const local = await openLocalBackend(path, { random: systemRandom });
    const tripwire = createTripwire(local);
    const vault = await openVault({ path, keyFile, backend: tripwire.backend });
    return new ModelRun(root, engine, local, tripwire, vault);
  }

  async close(): Promise<void> {
    await this.#vault.close();
    await this.#local.close();
  }

  /** Does one step, then restores everything where it was the last one. */
  async step({ what, a, b }: Step): Promise<void> {
    const user = this.#users[a % 5 === 4 ? 1 : 0]!;
    const change = CHANGES[what];
    if (change) return change(user.source, a, b);
    if (what === 'backup') return this.#backup(user, b % 3 === 0 ? 0 : 10_000);
    if (what === 'backup that is stopped') return this.#stoppedBackup(user, a, b);
    if (what === 'restore') return this.#restore(user, a, b);
    if (what === 'restore one path') return this.#restoreOne(user, a, b);
    if (what === 'damage the index')
      return this.#reopen(() => damageIndex(this.#places, INDEX_DAMAGES[a % 5]!, new SeededRandom(b)));
    if (what === 'keep the index') return this.#reopen(() => keepIndex(this.#places));
    if (what === 'rebuild') return this.#rebuild(user);
    throw new TypeError(`There is no step "${what}".`);
  }

  async checkAll(): Promise<void> {
    for (const user of this.#users) {
      for (const [number] of [...user.snapshots.keys()].entries()) await this.#restore(user, number, 0);
    }
  }

  async #backup(user: ModelUser, aheadMs: number): Promise<void> {
    const tree = readTree(user.source);
    await this.#vault.ensureUser(user.name);
    await this.#open(user, async (repository) => {
      user.snapshots.set(await backupPath(repository, this.#engine, user.source, { aheadMs }), tree);
    });
  }

  /** Either it is reported as done and then it is, or as not done; done without having been reported is no harm. */
  async #stoppedBackup(user: ModelUser, a: number, b: number): Promise<void> {
    const tree = readTree(user.source);
    await this.#vault.ensureUser(user.name);
    const signal = this.#tripwire.set(1 + (b % 12), a % 2 === 0 ? 'abort' : 'die');
    try {
      await this.#open(user, async (repository) => {
        user.snapshots.set(await backupPath(repository, this.#engine, user.source, { signal }), tree);
      });
    } catch (error) {
      if (!isBitacoraError(error, 'CANCELLED') && !isBitacoraError(error, 'BACKEND_FAILED')) throw error;
    } finally {
      this.#tripwire.clear();
    }
    await this.#reopen(() => undefined);
    await this.#open(user, async (repository) => {
      const added = (await repository.snapshots.list()).filter(({ id }) => !user.snapshots.has(id));
      for (const { id } of added) user.snapshots.set(id, tree);
    });
  }

  async #restore(user: ModelUser, a: number, b: number): Promise<void> {
    if (user.snapshots.size === 0) return;
    await this.#open(user, async (repository) => {
      const [id, tree, scope] = await this.#choose(repository, user, a);
      const target = join(this.#root, 'target');
      if (b % 3 > 0) removeScratch(target);
      const more = { overwrite: 'always', delete: true, verify: b % 2 === 0 } as const;
      const { failures, warnings } = await restoreScope(repository, this.#engine, scope, target, more);
      const problem = [...failures.items, ...warnings.items][0];
      if (problem) throw new Error(`Restoring ${id}: ${problem.path}: ${problem.code} ${problem.message}`);
      expectNone(differences(tree, readTree(target)), `snapshot ${id} of ${user.name}`);
    });
  }

  /** One entry with all that is below it; of the rest, at most the directories above it. */
  async #restoreOne(user: ModelUser, a: number, b: number): Promise<void> {
    if (user.snapshots.size === 0) return;
    await this.#open(user, async (repository) => {
      const [id, tree, scope] = await this.#choose(repository, user, a);
      const paths = [...tree.keys()].slice(1);
      const path = paths[b % Math.max(1, paths.length)];
      if (path === undefined) return;
      const target = join(this.#root, 'one');
      removeScratch(target);
      const include = [`/${path}`];
      const { failures } = await restoreScope(repository, this.#engine, scope, target, { include });
      if (failures.items[0]) throw new Error(`Restoring "${path}" of ${id}: ${failures.items[0].message}`);
      const above = (other: string): boolean => other === '' || path.startsWith(`${other}/`);
      const found = new Map([...readTree(target)].filter(([other]) => !above(other)));
      const wanted = new Map([...tree].filter(([other]) => other === path || other.startsWith(`${path}/`)));
      expectNone(differences(withoutLinks(wanted), withoutLinks(found)), `"${path}" of snapshot ${id} of ${user.name}`);
    });
  }

  async #rebuild(user: ModelUser): Promise<void> {
    if (user.snapshots.size === 0) return;
    const repository = await this.#vault.openUser(user.name, { rebuild: true });
    const problem = repository.rebuilt?.problems[0];
    repository.close();
    if (problem) throw problem;
  }

  async #choose(repository: UserRepository, user: ModelUser, a: number) {
    const listed = await repository.snapshots.list();
    const ids = listed.map(({ id }) => id);
    const wanted = [...user.snapshots.keys()];
    if (ids.sort().join() !== wanted.sort().join())
      throw new Error(`The list is ${ids.join()}, expected ${wanted.join()}.`);
    const id = wanted[a % wanted.length]!;
    const { manifest } = listed.find((snapshot) => snapshot.id === id)!;
    return [id, user.snapshots.get(id)!, manifest.scopes[0]!] as const;
  }

  async #open(user: ModelUser, use: (repository: UserRepository) => Promise<void>): Promise<void> {
    const repository = await this.#vault.openUser(user.name);
    try {
      await use(repository);
    } finally {
      repository.close();
    }
  }

  /** Closes the vault, has something done to it, and opens it again. */
  async #reopen(meanwhile: () => void): Promise<void> {
    await this.#vault.close();
    meanwhile();
    const { vault: path } = this.#places;
    this.#vault = await openVault({ path, keyFile: join(this.#root, 'key'), backend: this.#tripwire.backend });
    await this.#local.cleanTemporary();
  }
}

/** Which names are one file cannot be told where not all of them were brought back. */
function withoutLinks(tree: Tree): Tree {
  return new Map([...tree].map(([path, text]) => [path, text.replace(/ same-as=.*?(?= \S+=[0-9a-f]*$|$)/, '')]));
}

function expectNone(differs: readonly string[], what: string): void {
  if (differs.length > 0) throw new Error(`Not as it was, ${what}:\n${differs.join('\n')}`);
}
