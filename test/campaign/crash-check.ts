import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isBitacoraError, toHex } from '../../src/base/index.js';
import type { Engine } from '../../src/engine/index.js';
import { decodeEntry, ENTRY_TYPES, NodeReader, type ScopeRecord, type TreeEntry } from '../../src/format/index.js';
import { openLocalBackend } from '../../src/storage/index.js';
import { openVault, type UserRepository, type Vault } from '../../src/vault/index.js';
import { CrashDisk, type Image } from './crash-disk.js';
import type { History } from './crash-history.js';
import { Digests } from './crash-image.js';
import { layIndex } from './crash-index.js';
import { onDisk } from './crash-recorder.js';
import type { CrashState } from './crash-states.js';
import { backupPath, restoreScope } from './restoring.js';
import { removeScratch } from './scratch.js';
import { differences, readTree } from './tree.js';

/** Files up to this size are read whenever they are met, larger ones when a state is looked at thoroughly. */
const SMALL_BYTES = 16 * 1024;

/** How thoroughly a state is looked at, besides opening it, finding every chunk and knowing every pack to be whole. */
export interface CheckOptions {
  /** Reads everything and restores one snapshot of each user to files. */
  readonly restore: boolean;
  /** Takes the next snapshot of each user, and looks again. */
  readonly goOn: boolean;
}

/** Opens what crashes left and looks whether it is what was promised. */
export class CrashChecker {
  readonly #root: string;
  readonly #engine: Engine;
  readonly #history: History;
  readonly #digests = new Digests();

  /** @param root - A directory of its own. */
  constructor(root: string, engine: Engine, history: History) {
    this.#root = root;
    this.#engine = engine;
    this.#history = history;
    mkdirSync(this.#vaultPath, { recursive: true });
    // Packs of a next snapshot are spooled into real files, which the disk takes over.
    mkdirSync(join(root, 'disk/tmp'), { recursive: true });
  }

  /**
   * Throws where anything acknowledged before the crash is missing or damaged, where anything else is there by halves, or
   * where the vault does not open and go on by itself.
   */
  async check(state: CrashState, options: CheckOptions): Promise<void> {
    const told = this.#told(state);
    this.#checkPacks(state.image);
    layIndex(join(this.#vaultPath, 'index'), state.index);
    const disk = new CrashDisk(join(this.#root, 'disk'), state.image);
    const local = await openLocalBackend(disk.root, { fileSystem: disk });
    try {
      const backend = onDisk(local);
      const vault = await openVault({ path: this.#vaultPath, keyFile: this.#history.keyFile, backend });
      try {
        await local.cleanTemporary();
        await this.#checkVault(vault, told, options);
      } finally {
        await vault.close();
      }
    } catch (error) {
      if (!told.vault && isBitacoraError(error, 'NOT_A_VAULT')) return;
      throw error;
    } finally {
      await local.close();
    }
  }

  /** An object has its name only when all of its bytes are there. */
  #checkPacks(image: Image): void {
    for (const [path, content] of image) {
      if (content === 'directory' || !path.includes('/packs/')) continue;
      if (!path.endsWith(this.#digests.of(content))) throw new Error(`The pack "${path}" is not whole.`);
    }
  }

  /** What had been acknowledged when the crash came. */
  #told({ end }: CrashState): Told {
    const told: Told = { vault: false, snapshots: new Set(), settings: new Map(), jobs: new Map() };
    for (const operation of this.#history.operations.slice(0, end)) {
      if (operation.op !== 'told') continue;
      const { promise } = operation;
      if (promise.kind === 'vault') told.vault = true;
      else if (promise.kind === 'snapshot') told.snapshots.add(promise.id);
      else if (promise.kind === 'forgotten') told.snapshots.delete(promise.id);
      else if (promise.kind === 'setting') told.settings.set(promise.user, promise.number);
      else told.jobs.set(promise.id, promise.state);
    }
    return told;
  }

  async #checkVault(vault: Vault, told: Told, options: CheckOptions): Promise<void> {
    const { records, damaged } = await vault.users();
    if (damaged[0]) throw damaged[0];
    await checkJobs(vault, told);
    const users = new Map(records.map((record) => [record.name, Number(record.exclude[0] ?? 0)]));
    for (const { id, user } of this.#history.snapshots.values()) {
      if (told.snapshots.has(id) && !users.has(user)) throw new Error(`User "${user}" and snapshot ${id} are gone.`);
    }
    for (const [name, number] of users) {
      // A change under way may be there already.
      if (number < (told.settings.get(name) ?? 0)) throw new Error(`A setting of user "${name}" is gone.`);
      const user = await vault.openUser(name);
      try {
        const problem = user.rebuilt?.problems[0] ?? user.logProblems[0];
        if (problem) throw problem;
        await this.#checkUser(user, told.snapshots, options.restore);
        if (options.restore) await this.#restoreNewest(user);
        if (options.goOn) await this.#goOn(user);
      } finally {
        user.close();
      }
    }
  }

  async #checkUser(user: UserRepository, told: ReadonlySet<string>, thorough: boolean): Promise<void> {
    const listed = await user.snapshots.list();
    const found = new Set(listed.map(({ id }) => id));
    for (const { id, user: owner } of this.#history.snapshots.values()) {
      if (owner === user.name && told.has(id) && !found.has(id)) throw new Error(`Snapshot ${id} is gone.`);
    }
    const seen = new Set<string>();
    for (const { id, manifest } of listed) {
      const [scope] = manifest.scopes as [ScopeRecord];
      const made = this.#history.snapshots.get(id);
      if (made && made.root !== toHex(scope.entry)) throw new Error(`Snapshot ${id} is not what was taken.`);
      await readAll(user, rootOf(scope), seen, thorough);
    }
  }

  async #restoreNewest(user: UserRepository): Promise<void> {
    const [snapshot] = await user.snapshots.list();
    const made = snapshot && this.#history.snapshots.get(snapshot.id);
    if (!snapshot || !made?.tree) return;
    const target = join(this.#root, 'target');
    try {
      const report = await restoreScope(user, this.#engine, snapshot.manifest.scopes[0]!, target);
      if (report.failures.items[0]) throw new Error(report.failures.items[0].message);
      const differs = differences(made.tree, readTree(target));
      if (differs.length > 0) throw new Error(`Snapshot ${made.id} is not identical:\n${differs.join('\n')}`);
    } finally {
      removeScratch(target);
    }
  }

  /** The next snapshot, which relies on whatever the crash left, holds as well. */
  async #goOn(user: UserRepository): Promise<void> {
    const before = (await user.snapshots.list()).length;
    await backupPath(user, this.#engine, join(this.#history.sources, user.name));
    const listed = await user.snapshots.list();
    if (listed.length !== before + 1) throw new Error(`The next snapshot of "${user.name}" is not there.`);
    await readAll(user, rootOf(listed[0]!.manifest.scopes[0]!), new Set(), true);
  }

  get #vaultPath(): string {
    return join(this.#root, 'vault');
  }
}

interface Told {
  vault: boolean;
  readonly snapshots: Set<string>;
  /** The last number by user. */
  readonly settings: Map<string, number>;
  /** The last state by id. */
  readonly jobs: Map<string, string>;
}

async function checkJobs(vault: Vault, { jobs: told }: Told): Promise<void> {
  const { jobs, damaged } = await vault.queue.list();
  if (damaged[0]) throw damaged[0];
  const found = new Set(jobs.map(({ id }) => id));
  for (const [id, state] of told) {
    if (state === 'waits' && !found.has(id)) throw new Error(`Job ${id} was accepted and is gone.`);
    if (state === 'over' && found.has(id)) throw new Error(`Job ${id} was over and is there again.`);
  }
}

function rootOf({ scope, entry }: ScopeRecord): TreeEntry {
  return decodeEntry(new NodeReader(entry, `the root of "${scope}"`));
}

/**
 * Reads every node and list below `entry` and the chunks of files once; each is authenticated and its id computed anew. Of large
 * files the chunks are only found, unless `thorough`.
 */
async function readAll(user: UserRepository, entry: TreeEntry, seen: Set<string>, thorough: boolean): Promise<void> {
  if (entry.content.form === 'directory') {
    const key = toHex(entry.content.id);
    if (seen.has(key)) return;
    seen.add(key);
    for await (const child of user.trees.entries(entry.content.id)) await readAll(user, child, seen, thorough);
  } else if (entry.type === ENTRY_TYPES.file) {
    for await (const { id } of user.trees.fileItems(entry)) {
      if (!id || seen.has(toHex(id))) continue;
      seen.add(toHex(id));
      if (thorough || entry.size <= SMALL_BYTES) await user.chunks.read(1, id);
      else if ((await user.chunks.locate(id)).pack[0]! < 0) throw new Error(`Chunk ${toHex(id)} is nowhere.`);
    }
  }
}
