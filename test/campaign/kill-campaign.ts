import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isBitacoraError } from '../../src/base/index.js';
import { createEngine, type Engine } from '../../src/engine/index.js';
import { openVault, type UserRepository } from '../../src/vault/index.js';
import { chooseDeath, type Durations, deathText } from './deaths.js';
import { edit, plant } from './edits.js';
import { damageIndex, INDEX_DAMAGES, type IndexPlaces, keepIndex } from './index-damage.js';
import { type Death, type Ended, runProgram } from './program.js';
import type { SeededRandom } from './random.js';
import { restoreScope } from './restoring.js';
import { removeScratch } from './scratch.js';
import { differences, readTree, type Tree } from './tree.js';

const STAGING = '.bitacora-restore-';

/** What one round did, for the log of a campaign. */
export interface Round {
  readonly action: 'backup' | 'restore' | 'rebuild';
  readonly damage: string | undefined;
  readonly death: string;
  readonly killed: boolean;
  /** Whether the command had answered before it died, or lived. */
  readonly acknowledged: boolean;
}

/**
 * A vault whose commands are killed again and again. After each round everything that was ever acknowledged must be there,
 * and the next commands must work without anybody lending a hand. Throws with what was broken.
 */
export class KillCampaign {
  readonly #root: string;
  readonly #random: SeededRandom;
  readonly #trace: boolean;
  readonly #engine: Engine;
  readonly #places: IndexPlaces;
  /** Snapshots that were acknowledged, or found committed, and what they hold. */
  readonly #known = new Map<string, Tree>();
  readonly #durations: Durations = { backup: 600, restore: 600, rebuild: 300 };

  private constructor(root: string, random: SeededRandom, trace: boolean, engine: Engine) {
    this.#root = root;
    this.#random = random;
    this.#trace = trace;
    this.#engine = engine;
    this.#places = { vault: join(root, 'vault'), aside: join(root, 'aside'), foreign: join(root, 'foreign') };
  }

  /** @param trace - Whether to kill at system calls as well. */
  static async start(root: string, random: SeededRandom, trace: boolean): Promise<KillCampaign> {
    const campaign = new KillCampaign(root, random, trace, await createEngine({ threads: 0 }));
    plant(campaign.#source, random, 40);
    for (const vault of ['vault', 'foreign']) {
      const paths = ['--vault', join(root, vault), '--key-file', join(root, `${vault}.key`)];
      expectSuccess(await runProgram([...paths, 'init']), 'init');
    }
    await campaign.#plantForeign();
    return campaign;
  }

  close(): Promise<void> {
    return this.#engine.close();
  }

  async round(): Promise<Round> {
    const random = this.#random;
    const damage = random.chance(0.3) ? random.pick(INDEX_DAMAGES) : undefined;
    if (damage) damageIndex(this.#places, damage, random);
    else if (random.chance(0.5)) keepIndex(this.#places);
    const action = this.#known.size === 0 ? 'backup' : random.pick(['backup', 'backup', 'restore', 'rebuild'] as const);
    const death = chooseDeath(random, this.#durations[action], this.#trace);
    const ended = await this.#act(action, death);
    if (!ended.killed) expectSuccess(ended, action);
    if (ended.killed || damage) await this.#backUp({ how: 'none' });
    const { vault } = this.#places;
    const left = existsSync(join(vault, 'tmp')) && ended.killed ? readdirSync(join(vault, 'tmp')) : [];
    if (left.length > 0) throw new Error(`Unfinished files outlive the next backup: ${left.join(', ')}.`);
    return { action, damage, death: deathText(death), killed: ended.killed, acknowledged: ended.answer !== undefined };
  }

  /** Restores everything that was ever acknowledged. */
  async finish(): Promise<number> {
    await this.#check([...this.#known.keys()]);
    return this.#known.size;
  }

  async #act(action: Round['action'], death: Death): Promise<Ended> {
    if (action === 'backup') return this.#backUp(death);
    if (action === 'restore') return this.#restore(death);
    const ended = await this.#program(['rebuild-index', 'ana'], 'rebuild', death);
    await this.#check([]);
    return ended;
  }

  async #backUp(death: Death): Promise<Ended> {
    edit(this.#source, this.#random, 1 + this.#random.below(12));
    const tree = readTree(this.#source);
    const ended = await this.#program(['backup', 'ana', '--path', this.#source], 'backup', death);
    if (death.how === 'none') expectSuccess(ended, 'the next backup');
    const id = ended.answer?.backup_id;
    if (typeof id === 'string') this.#known.set(id, tree);
    await this.#check(typeof id === 'string' ? [id] : [], tree);
    return ended;
  }

  /** Into a directory that mostly holds another snapshot already. */
  async #restore(death: Death): Promise<Ended> {
    const ids = [...this.#known.keys()];
    const id = this.#random.pick(ids);
    const target = join(this.#root, 'target');
    if (this.#random.chance(0.3)) removeScratch(target);
    mkdirSync(target, { recursive: true });
    const before = readTree(target);
    const command = [
      'restore',
      'ana',
      '--snapshot',
      id,
      '--target',
      target,
      '--flatten',
      '--overwrite',
      'changed',
      '--delete',
    ];
    const ended = await this.#program(command, 'restore', death);
    if (ended.killed) {
      checkHalfDone(before, this.#known.get(id)!, readTree(target));
      expectSuccess(await this.#program(command, 'restore', { how: 'none' }), 'restoring again');
    }
    expectSame(this.#known.get(id)!, readTree(target), `the restore of ${id}`);
    await this.#check([]);
    return ended;
  }

  /**
   * Opens the vault and restores the given snapshots and one more.
   *
   * @param unsure - What a backup that died may have committed without saying so.
   */
  async #check(ids: readonly string[], unsure?: Tree): Promise<void> {
    const { vault: path } = this.#places;
    const vault = await openVault({ path, keyFile: join(this.#root, 'vault.key') });
    try {
      const user = await vault.openUser('ana');
      await this.#checkSnapshots(user, ids, unsure);
      user.close();
    } catch (error) {
      if (!isBitacoraError(error, 'UNKNOWN_USER') || this.#known.size > 0) throw error;
    } finally {
      await vault.close();
    }
  }

  async #checkSnapshots(user: UserRepository, ids: readonly string[], unsure: Tree | undefined): Promise<void> {
    const listed = await user.snapshots.list();
    const found = new Set(listed.map(({ id }) => id));
    for (const id of this.#known.keys())
      if (!found.has(id)) throw new Error(`Snapshot ${id} was acknowledged and is gone.`);
    const wanted = new Set(ids);
    for (const { id } of listed) {
      if (this.#known.has(id)) continue;
      if (!unsure) throw new Error(`Snapshot ${id} came out of nowhere.`);
      this.#known.set(id, unsure);
      wanted.add(id);
    }
    if (found.size > 0) wanted.add(this.#random.pick([...this.#known.keys()]));
    for (const { id, manifest } of listed) {
      if (!wanted.has(id)) continue;
      const target = join(this.#root, 'checked');
      try {
        const report = await restoreScope(user, this.#engine, manifest.scopes[0]!, target);
        const [failure] = report.failures.items;
        if (failure)
          throw new Error(`Snapshot ${id} does not restore: ${failure.path}: ${failure.code} ${failure.message}`);
        expectSame(this.#known.get(id)!, readTree(target), `snapshot ${id}`);
      } finally {
        removeScratch(target);
      }
    }
  }

  /** A second vault with a user: its index will turn up in the wrong place. */
  async #plantForeign(): Promise<void> {
    const { foreign } = this.#places;
    const paths = ['--vault', foreign, '--key-file', join(this.#root, 'foreign.key')];
    expectSuccess(await runProgram([...paths, 'backup', 'ana', '--path', this.#source]), 'a backup elsewhere');
  }

  async #program(args: readonly string[], action: Round['action'], death: Death): Promise<Ended> {
    const began = performance.now();
    const paths = ['--vault', this.#places.vault, '--key-file', join(this.#root, 'vault.key')];
    const ended = await runProgram([...paths, ...args], death);
    if (!ended.killed && death.how !== 'call') this.#durations[action] = performance.now() - began;
    return ended;
  }

  get #source(): string {
    return join(this.#root, 'source');
  }
}

/** Whatever is there after a restore that died is as it was before or as it was to become. */
function checkHalfDone(before: Tree, wanted: Tree, now: Tree): void {
  for (const [path, text] of now) {
    if (!text.startsWith('file') || path.includes(STAGING)) continue;
    const content = contentOf(text);
    if (content !== contentOf(before.get(path)) && content !== contentOf(wanted.get(path))) {
      throw new Error(`"${path}" is neither the old file nor the new one after a kill: ${text}`);
    }
  }
}

function contentOf(text: string | undefined): string | undefined {
  return text && /size=\d+ sha256=[0-9a-f]+/.exec(text)?.[0];
}

function expectSame(wanted: Tree, found: Tree, what: string): void {
  const differs = differences(wanted, found);
  if (differs.length > 0) throw new Error(`Not identical, ${what}:\n${differs.join('\n')}`);
}

function expectSuccess({ exitCode, killed, answer, stderr }: Ended, what: string): void {
  if (exitCode === 0 && answer) return;
  const said = `${stderr} ${JSON.stringify(answer)}`;
  throw new Error(`Failed, ${what}: ${killed ? 'killed' : `exit code ${exitCode}`}: ${said}`);
}
