import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createEngine, type Engine } from '../../src/engine/index.js';
import { openVault, type UserRepository, type Vault } from '../../src/vault/index.js';
import { runDaemonCase, traceDaemon } from './faults-daemon.js';
import { errorCodeOf, type Fault, type Outcome, runFaulty, type TracedCall, traceCommand } from './faults-program.js';
import { BACKUP, expectSuccess, type Known, type Scene, type Stock } from './faults-scenes.js';
import { backupPath, restoreScope } from './restoring.js';
import { removeScratch } from './scratch.js';
import { differences, readTree, type Tree } from './tree.js';

const STAGING = '.bitacora-restore-';
/** LevelDB keeps a log, two tables, a manifest and four small files in a vault like these. */
const INDEX_FILES_MOST = 16;
const COMMANDS_EVERY = 4;

/** One fault in one scene. */
export interface Case {
  readonly scene: Scene;
  readonly fault: Fault;
}

/** The same order for the same seed, though the number of calls may differ by one or two from run to run. */
export function inOrder(cases: readonly Case[], seed: number): Case[] {
  const rank = (one: Case): string =>
    createHash('sha256')
      .update(`${seed} ${caseText(one)}`)
      .digest('hex');
  return cases
    .map((one) => ({ one, at: rank(one) }))
    .sort((a, b) => (a.at < b.at ? -1 : 1))
    .map(({ one }) => one);
}

export function caseText({ scene, fault }: Case): string {
  return `${scene.name}: ${faultText(fault)}`;
}

/** Every fault that one scene can have, found by watching the command once undisturbed. */
export async function casesOf(stock: Stock, scene: Scene): Promise<Case[]> {
  stock.set(scene);
  const calls = await callsOf(stock, scene);
  const cases = new Map<string, Case>();
  const add = (fault: Fault): void => void cases.set(faultText(fault), { scene, fault });
  const points = pointsOf(calls);
  for (const point of points) add({ ...point, effect: 'KILL', onwards: false });
  const daemon = scene.name === 'daemon';
  for (const point of points.filter(mayFail)) {
    // A daemon's first two syncs of its main thread are those of its standard output, see `runFaulty`.
    if (daemon && point.call === 'fsync' && point.number < 3) continue;
    add({ ...point, effect: 'EIO', onwards: false });
    // A disk that is full stays full; but a daemon is to outlive that.
    add({ ...point, effect: 'ENOSPC', onwards: !daemon });
  }
  return [...cases.values()];
}

async function callsOf(stock: Stock, scene: Scene): Promise<readonly TracedCall[]> {
  if (scene.name === 'daemon') return traceDaemon(stock);
  const { outcome, calls } = await traceCommand(stock.line(scene.command), stock.traceFile, stock.roots);
  expectSuccess(outcome, scene.name);
  return calls;
}

type Point = Pick<Fault, 'call' | 'number' | 'paths'>;

/**
 * The calls by their numbers. Plain writes to the index are counted on the index's files alone, whose names are the same in
 * every run: threads also wake each other by plain writes, and nobody knows how often.
 */
function pointsOf(calls: readonly TracedCall[]): Point[] {
  const writes = calls.filter(isIndexWrite);
  const paths = [...new Set(writes.map(({ path }) => path))].sort();
  const points: Point[] = calls
    .filter((one) => !isIndexWrite(one))
    .map(({ call, number }) => ({ call, number, paths: [] }));
  const counts = new Map<string, number>();
  for (const { thread } of writes) {
    const number = (counts.get(thread) ?? 0) + 1;
    counts.set(thread, number);
    points.push({ call: 'write', number, paths });
  }
  return points;
}

function isIndexWrite({ call, path }: TracedCall): boolean {
  return call === 'write' && path.includes('/index/');
}

/** A write that is not known to be to a file could be the one that wakes a thread; its error would be none of the disk's. */
function mayFail({ call, paths }: Point): boolean {
  return call !== 'write' || paths.length > 0;
}

function faultText({ call, number, effect, onwards, paths }: Fault): string {
  const where = paths.length > 0 ? ' of the index' : '';
  return `${effect} at ${call} ${number}${where}${onwards ? ' and all after' : ''}`;
}

/** Runs cases, and checks after each that nothing acknowledged is lost and that everything goes on by itself. */
export class FaultCampaign {
  readonly #stock: Stock;
  readonly #engine: Engine;
  #runs = 0;

  private constructor(stock: Stock, engine: Engine) {
    this.#stock = stock;
    this.#engine = engine;
  }

  static async create(stock: Stock): Promise<FaultCampaign> {
    return new FaultCampaign(stock, await createEngine({ threads: 0 }));
  }

  close(): Promise<void> {
    return this.#engine.close();
  }

  /** Returns `killed`, `done`, `partial`, or the code of the error that was answered. Throws with what was broken. */
  async run({ scene, fault }: Case): Promise<string> {
    const stock = this.#stock;
    stock.set(scene);
    this.#runs++;
    if (scene.name === 'daemon') return this.#runDaemon(fault);
    const outcome = await runFaulty(stock.line(scene.command), fault);
    const fate = fateOf(outcome, fault);
    if (scene.vault === 'none') {
      await this.#initAgain();
      return fate;
    }
    const known: Known = new Map(scene.vault === 'empty' ? [] : stock.known);
    const now = readTree(stock.stage.source);
    const id = outcome.answer?.backup_id;
    if (typeof id === 'string') known.set(id, now);
    const unsure = scene.commits ? now : undefined;
    // Processes take their time: what follows happens in this one, save now and then.
    const byCommands = this.#runs % COMMANDS_EVERY === 0;
    await this.#inVault(async (vault) => {
      await this.#check(vault, known, unsure);
      if (scene.command[0] === 'restore' && !byCommands) await this.#restoreAgain(vault, known);
      if (!byCommands) await this.#backUp(vault, known, now);
    });
    if (byCommands) await this.#goOn(scene, known, now);
    this.#checkLitter();
    return fate;
  }

  async #runDaemon(fault: Fault): Promise<string> {
    const stock = this.#stock;
    const { fate, told } = await runDaemonCase(stock, fault);
    const now = readTree(stock.stage.source);
    await this.#inVault(async (vault) => {
      for (const user of ['ana', 'bo']) {
        const known: Known = new Map(user === 'ana' ? stock.known : []);
        for (const one of told) if (one.user === user) known.set(one.id, now);
        await this.#check(vault, known, now, user);
      }
    });
    this.#checkLitter();
    return fate;
  }

  /** What a failed `init` left may not stand in the way of the next, which makes another key where there is one. */
  async #initAgain(): Promise<void> {
    const { vault, key } = this.#stock.stage;
    if (existsSync(join(vault, 'vault.json'))) {
      const opened = await openVault({ path: vault, keyFile: key });
      await opened.close();
      return;
    }
    const outcome = await runFaulty(['--vault', vault, '--key-file', `${key}2`, 'init']);
    removeScratch(`${key}2`);
    expectSuccess(outcome, 'init again');
  }

  async #inVault(use: (vault: Vault) => Promise<void>): Promise<void> {
    const { vault: path, key } = this.#stock.stage;
    const vault = await openVault({ path, keyFile: key });
    try {
      await use(vault);
    } finally {
      await vault.close();
    }
  }

  /** Every snapshot ever acknowledged is there and restores identical, another one only if it was being made. */
  async #check(vault: Vault, known: Known, unsure: Tree | undefined, name = 'ana'): Promise<void> {
    if (known.size === 0 && (await vault.users()).records.length === 0) return;
    const user = await vault.openUser(name);
    try {
      await this.#checkSnapshots(user, known, unsure);
    } finally {
      user.close();
    }
  }

  async #checkSnapshots(
    user: UserRepository,
    known: Known,
    unsure: Tree | undefined,
    restored = known.size + 2,
  ): Promise<void> {
    const listed = await user.snapshots.list();
    const found = new Set(listed.map(({ id }) => id));
    for (const id of known.keys()) if (!found.has(id)) throw new Error(`Snapshot ${id} was acknowledged and is gone.`);
    for (const [place, { id, manifest }] of listed.entries()) {
      const wanted = known.get(id) ?? unsure;
      if (!wanted) throw new Error(`Snapshot ${id} came out of nowhere.`);
      known.set(id, wanted);
      if (place >= restored) continue;
      const target = this.#stock.scratch;
      try {
        const report = await restoreScope(user, this.#engine, manifest.scopes[0]!, target);
        const [failure] = report.failures.items;
        if (failure) throw new Error(`Snapshot ${id} does not restore: ${failure.path}: ${failure.message}`);
        expectSame(wanted, readTree(target), `snapshot ${id}`);
      } finally {
        removeScratch(target);
      }
    }
  }

  async #restoreAgain(vault: Vault, known: Known): Promise<void> {
    const target = this.#checkTarget(known);
    const user = await vault.openUser('ana');
    try {
      const [newest] = await user.snapshots.list();
      const scope = newest!.manifest.scopes[0]!;
      const report = await restoreScope(user, this.#engine, scope, target, { overwrite: 'changed', delete: true });
      if (report.failures.items[0]) throw new Error(`It does not restore again: ${report.failures.items[0].message}`);
    } finally {
      user.close();
    }
    expectSame([...known.values()].at(-1)!, readTree(target), 'what was restored again');
  }

  #checkTarget(known: Known): string {
    const { target } = this.#stock.stage;
    const [old, wanted] = [...known.values()];
    checkHalfDone(old!, wanted!, readTree(target));
    return target;
  }

  async #backUp(vault: Vault, known: Known, now: Tree): Promise<void> {
    await vault.ensureUser('ana');
    const user = await vault.openUser('ana');
    try {
      known.set(await backupPath(user, this.#engine, this.#stock.stage.source), now);
      await this.#checkSnapshots(user, known, undefined, 1);
    } finally {
      user.close();
    }
  }

  /** The next commands work without anybody lending a hand. */
  async #goOn(scene: Scene, known: Known, now: Tree): Promise<void> {
    const stock = this.#stock;
    if (scene.command[0] === 'restore') {
      const target = this.#checkTarget(known);
      expectSuccess(await stock.run(scene.command), 'restoring again');
      expectSame([...known.values()].at(-1)!, readTree(target), 'what was restored again');
    }
    const readings = [
      ['list', 'ana'],
      ['ls', 'ana', '--latest'],
      ['scrub', '--full'],
    ];
    const reading = readings[(this.#runs / COMMANDS_EVERY) % readings.length]!;
    if (known.size > 0) expectSuccess(await stock.run(reading), `${reading[0]} afterwards`);
    const next = await stock.run(BACKUP);
    expectSuccess(next, 'the next backup');
    known.set(String(next.answer?.backup_id), now);
    await this.#inVault((vault) => this.#check(vault, known, undefined));
  }

  #checkLitter(): void {
    const { vault } = this.#stock.stage;
    const left = readdirSync(join(vault, 'tmp'));
    if (left.length > 0) throw new Error(`Unfinished files outlive the next backup: ${left.join(', ')}.`);
    const index = readdirSync(join(vault, 'index'));
    if (index.length > INDEX_FILES_MOST) throw new Error(`Files pile up in the index: ${index.join(', ')}.`);
  }
}

/** A fault may end a command in many ways, but it is always said which. */
function fateOf(outcome: Outcome, fault: Fault): string {
  const { killed, exitCode, signal, answer, stderr } = outcome;
  if (killed && fault.effect === 'KILL') return 'killed';
  if (exitCode === undefined) throw new Error(`It ended by ${signal}. ${stderr}`);
  if (exitCode === 0 || exitCode === 3) {
    if (!answer) throw new Error(`It says that all is well and answers nothing. ${stderr}`);
    return exitCode === 0 ? 'done' : 'partial';
  }
  return errorCodeOf(outcome);
}

/** Whatever is there after a restore that failed is as it was before or as it was to become. */
function checkHalfDone(before: Tree, wanted: Tree, now: Tree): void {
  for (const [path, text] of now) {
    if (!text.startsWith('file') || path.includes(STAGING)) continue;
    const content = contentOf(text);
    if (content !== contentOf(before.get(path)) && content !== contentOf(wanted.get(path))) {
      throw new Error(`"${path}" is neither the old file nor the new one: ${text}`);
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
