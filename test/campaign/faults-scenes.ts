import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { edit } from './edits.js';
import { type Outcome, runFaulty } from './faults-program.js';
import type { SeededRandom } from './random.js';
import { removeScratch } from './scratch.js';
import { readTree, type Tree } from './tree.js';

/** Where one run of a scene happens; made anew for each run. */
export interface Stage {
  readonly vault: string;
  readonly key: string;
  readonly source: string;
  readonly target: string;
}

/** A command, and what is there before it. */
export interface Scene {
  readonly name: string;
  readonly vault: 'none' | 'empty' | 'full' | 'no index';
  readonly command: readonly string[];
  /** Whether a snapshot may come of it. */
  readonly commits?: boolean;
}

/** Snapshots that were acknowledged, and what they hold. */
export type Known = Map<string, Tree>;

/**
 * What every run begins with: a vault without users, the same with two snapshots, a source that has changed since, and a
 * restored tree to restore over.
 */
export class Stock {
  readonly root: string;
  /** Of the full vault. */
  readonly known: Known = new Map();

  constructor(root: string) {
    this.root = root;
  }

  get stage(): Stage {
    const at = (name: string): string => join(this.root, 'work', name);
    return { vault: at('vault'), key: at('key'), source: join(this.root, 'source'), target: at('target') };
  }

  /** Directories in which a fault is of interest. */
  get roots(): string[] {
    return [join(this.root, 'work')];
  }

  get traceFile(): string {
    return join(this.root, 'trace');
  }

  get scratch(): string {
    return join(this.root, 'checked');
  }

  async fill(random: SeededRandom): Promise<void> {
    const { source, vault, key, target } = this.stage;
    mkdirSync(join(this.root, 'work'));
    mkdirSync(join(source, 'inner'), { recursive: true });
    for (let i = 0; i < 20; i++) writeFileSync(join(source, i % 2 ? 'inner' : '', `f${i}`), random.text(20_000));
    // More than a worker keeps in memory, so that a pack is spooled.
    writeFileSync(join(source, 'large'), random.bytes(2_700_000));
    expectSuccess(await this.run(['init']), 'init');
    cpSync(vault, join(this.root, 'empty'), { recursive: true });
    cpSync(key, join(this.root, 'key'));
    await this.#backUp();
    expectSuccess(await this.run(RESTORE), 'restore');
    cpSync(target, join(this.root, 'restored'), { recursive: true, preserveTimestamps: true });
    edit(source, random, 6);
    await this.#backUp();
    cpSync(vault, join(this.root, 'full'), { recursive: true });
    edit(source, random, 6);
    writeFileSync(join(source, 'large again'), random.bytes(2_500_000));
  }

  /** Puts everything back to what a scene begins with. */
  set(scene: Scene): void {
    const { vault, key, target } = this.stage;
    for (const path of [vault, key, target]) rmSync(path, { recursive: true, force: true });
    if (scene.vault === 'none') return;
    cpSync(join(this.root, 'key'), key);
    cpSync(join(this.root, scene.vault === 'empty' ? 'empty' : 'full'), vault, { recursive: true });
    if (scene.vault === 'no index') removeScratch(join(vault, 'index'));
    if (scene.command[0] === 'restore') {
      cpSync(join(this.root, 'restored'), target, { recursive: true, preserveTimestamps: true });
    }
  }

  /** The whole command line of a command. */
  line(command: readonly string[]): string[] {
    const { vault, key, source, target } = this.stage;
    const words = command.map((word) => (word === 'SOURCE' ? source : word === 'TARGET' ? target : word));
    return ['--vault', vault, '--key-file', key, ...words];
  }

  run(command: readonly string[]): Promise<Outcome> {
    return runFaulty(this.line(command));
  }

  async #backUp(): Promise<void> {
    const outcome = await this.run(BACKUP);
    expectSuccess(outcome, 'backup');
    this.known.set(String(outcome.answer?.backup_id), readTree(this.stage.source));
  }
}

export const BACKUP = ['backup', 'ana', '--path', 'SOURCE'];
export const RESTORE = [
  'restore',
  'ana',
  '--latest',
  '--target',
  'TARGET',
  '--flatten',
  '--overwrite',
  'changed',
].concat('--delete');

export const SCENES: readonly Scene[] = [
  { name: 'init', vault: 'none', command: ['init'] },
  { name: 'first backup', vault: 'empty', command: BACKUP, commits: true },
  { name: 'next backup', vault: 'full', command: BACKUP, commits: true },
  { name: 'restore', vault: 'full', command: RESTORE },
  { name: 'rebuild', vault: 'full', command: ['rebuild-index', 'ana'] },
  { name: 'lost index', vault: 'no index', command: ['list', 'ana'] },
  { name: 'scrub', vault: 'full', command: ['scrub', 'ana', '--full'] },
  { name: 'daemon', vault: 'full', command: ['daemon'], commits: true },
];

export function expectSuccess({ exitCode, signal, answer, stderr }: Outcome, what: string): void {
  if (exitCode === 0 && answer) return;
  throw new Error(`Failed, ${what}: ${signal ?? `exit code ${exitCode}`}: ${stderr} ${JSON.stringify(answer)}`);
}
