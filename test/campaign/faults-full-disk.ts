import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, rmSync, statfsSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { edit, plant } from './edits.js';
import { type Outcome, runFaulty } from './faults-program.js';
import { expectSuccess } from './faults-scenes.js';
import type { SeededRandom } from './random.js';
import { fastScratchDirectory, removeScratch } from './scratch.js';
import { differences, readTree, type Tree } from './tree.js';

const PAGE_BYTES = 4096;
/** Room that the commits of one round take at most; beyond it the disk is not full at all. */
const PAGES_OF_ROUND = 500;

/** A small disk in memory for a vault, which can be filled to the last byte. */
export class SmallDisk {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Undefined where nothing may be mounted. */
  static mount(path: string, mebibytes: number): SmallDisk | undefined {
    mkdirSync(path);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=700`, 'tmpfs', path], { stdio: 'ignore' });
      return new SmallDisk(path);
    } catch {
      return undefined;
    }
  }

  get freePages(): number {
    const { bavail, bsize } = statfsSync(this.path);
    return Math.floor((bavail * bsize) / PAGE_BYTES);
  }

  /** Takes all room but so many pages. */
  fill(left: number): void {
    const fd = openSync(this.#filler, 'a');
    try {
      const page = new Uint8Array(PAGE_BYTES).fill(1);
      const chunk = new Uint8Array(256 * PAGE_BYTES).fill(1);
      while (this.freePages > left) writeSync(fd, this.freePages > left + 256 ? chunk : page);
    } finally {
      closeSync(fd);
    }
  }

  free(): void {
    rmSync(this.#filler, { force: true });
  }

  unmount(): void {
    execFileSync('umount', ['-l', this.path], { stdio: 'ignore' });
  }

  get #filler(): string {
    return join(this.path, 'filler');
  }
}

/** Whether disks can be mounted here, which takes root. */
export function canMount(): boolean {
  const root = fastScratchDirectory('mount');
  const disk = SmallDisk.mount(join(root, 'disk'), 1);
  disk?.unmount();
  removeScratch(root);
  return disk !== undefined;
}

/** What one round was about. */
export interface FullRound {
  readonly freePages: number;
  /** `done` or the code of the error that the backup answered. */
  readonly fate: string;
}

/**
 * A vault on a disk that runs full in the midst of backups. Then nothing is claimed, everything can still be read with not
 * a byte left, and all goes on once there is room.
 */
export class FullDiskCampaign {
  readonly #root: string;
  readonly #random: SeededRandom;
  readonly #disk: SmallDisk;
  readonly #known = new Map<string, Tree>();
  readonly #scrubs: boolean;

  private constructor(root: string, random: SeededRandom, disk: SmallDisk, scrubs: boolean) {
    this.#root = root;
    this.#random = random;
    this.#disk = disk;
    this.#scrubs = scrubs;
  }

  /** @param root - An empty directory. */
  static async start(root: string, random: SeededRandom, disk: SmallDisk): Promise<FullDiskCampaign> {
    const vault = ['--vault', join(disk.path, 'vault'), '--key-file', join(root, 'key')];
    plant(join(root, 'source'), random, 12);
    expectSuccess(await runFaulty([...vault, 'init']), 'init');
    // An unknown command is a wrong call; a known one misses the user.
    const scrubs = (await runFaulty([...vault, 'scrub', 'ana'])).exitCode !== 64;
    const campaign = new FullDiskCampaign(root, random, disk, scrubs);
    await campaign.#backUpWell();
    return campaign;
  }

  /** Throws with what was broken. */
  async round(): Promise<FullRound> {
    const random = this.#random;
    edit(this.#source, random, 3);
    writeFileSync(join(this.#source, `new${random.next()}`), random.bytes(random.below(700_000)));
    const freePages = random.chance(0.3) ? random.below(12) : random.below(PAGES_OF_ROUND);
    this.#disk.fill(freePages);
    const tree = readTree(this.#source);
    const outcome = await this.#run(['backup', 'ana', '--path', this.#source]);
    const fate = fateOf(outcome);
    if (fate === 'done') this.#known.set(String(outcome.answer?.backup_id), tree);
    await this.#readWhileFull();
    this.#disk.free();
    await this.#backUpWell();
    return { freePages, fate };
  }

  /** Restores everything that was ever acknowledged. */
  async finish(): Promise<number> {
    for (const id of this.#known.keys()) await this.#restore(id);
    return this.#known.size;
  }

  async #readWhileFull(): Promise<void> {
    this.#disk.fill(0);
    if (this.#disk.freePages > 0) throw new Error('The disk is not full.');
    const listed = await this.#run(['list', 'ana']);
    expectSuccess(listed, 'list on a full disk');
    const found = new Set((listed.answer!.backups as { backup_id: string }[]).map((one) => one.backup_id));
    for (const id of this.#known.keys()) if (!found.has(id)) throw new Error(`Snapshot ${id} is not listed.`);
    if (found.size > this.#known.size) throw new Error('A backup that failed has left a snapshot.');
    expectSuccess(await this.#run(['ls', 'ana', '--latest']), 'ls on a full disk');
    await this.#restore(this.#random.pick([...this.#known.keys()]));
    if (this.#scrubs) expectSuccess(await this.#run(['scrub', 'ana', '--full']), 'scrub on a full disk');
    await this.#restoreOntoFull();
  }

  /** Onto the disk that is full: it does not succeed, and says why. */
  async #restoreOntoFull(): Promise<void> {
    const target = join(this.#disk.path, 'target');
    const outcome = await this.#run(['restore', 'ana', '--latest', '--target', target]);
    if (outcome.exitCode === 0) throw new Error('A restore onto a full disk says that it succeeded.');
    if (outcome.exitCode !== 73 && outcome.exitCode !== 3)
      throw new Error(`Exit code ${outcome.exitCode}: ${said(outcome)}`);
    removeScratch(target);
  }

  async #backUpWell(): Promise<void> {
    const tree = readTree(this.#source);
    const outcome = await this.#run(['backup', 'ana', '--path', this.#source]);
    expectSuccess(outcome, 'a backup with room enough');
    this.#known.set(String(outcome.answer?.backup_id), tree);
    if (existsSync(join(this.#disk.path, 'filler'))) throw new Error('The disk was still full.');
  }

  async #restore(id: string): Promise<void> {
    const target = join(this.#root, 'target');
    try {
      const words = ['restore', 'ana', '--snapshot', id, '--target', target, '--flatten'];
      expectSuccess(await this.#run(words), 'restore');
      const differs = differences(this.#known.get(id)!, readTree(target));
      if (differs.length > 0) throw new Error(`Not identical, snapshot ${id}:\n${differs.join('\n')}`);
    } finally {
      removeScratch(target);
    }
  }

  #run(words: readonly string[]): Promise<Outcome> {
    return runFaulty(['--vault', join(this.#disk.path, 'vault'), '--key-file', join(this.#root, 'key'), ...words]);
  }

  get #source(): string {
    return join(this.#root, 'source');
  }
}

/** A backup that finds no room says so, and nothing else. */
function fateOf(outcome: Outcome): string {
  if (outcome.exitCode === 0 && outcome.answer) return 'done';
  const error = outcome.answer?.error as { code?: unknown } | undefined;
  if (outcome.exitCode === 73 && error?.code === 'NO_SPACE') return 'NO_SPACE';
  throw new Error(`A backup onto a full disk ends with exit code ${outcome.exitCode}: ${said(outcome)}`);
}

function said({ stderr, answer }: Outcome): string {
  return `${stderr} ${JSON.stringify(answer)}`;
}
