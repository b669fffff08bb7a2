import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../../src/engine/index.js';
import { CrashDisk, type Image, type Operation } from './crash-disk.js';
import { layIndex } from './crash-index.js';
import { type MadeSnapshot, Recorder } from './crash-recorder.js';
import type { CrashState } from './crash-states.js';
import type { SeededRandom } from './random.js';

const USERS = ['ana', 'bo', 'cy'];

/** Everything that was done to a vault's disk, and what was promised on the way. */
export interface History {
  /** What the disk held before. */
  readonly initial: Image;
  readonly operations: readonly Operation[];
  readonly snapshots: ReadonlyMap<string, MadeSnapshot>;
  /** Packs that prunes wrote again, put aside and removed for good. */
  readonly pruned?: Recorder['pruned'];
  readonly keyFile: string;
  /** What each user backs up, a directory of the user's name. */
  readonly sources: string;
}

/**
 * Makes a vault and takes snapshots of three users in it, some at the same time, some cut short, among jobs and changes of users,
 * with the vault closed and opened between.
 *
 * @param root - An empty directory of its own.
 */
export async function recordHistory(root: string, random: SeededRandom, engine: Engine): Promise<History> {
  const places = { keyFile: join(root, 'key'), sources: join(root, 'sources') };
  const disk = new CrashDisk(join(root, 'disk'));
  const recorder = new Recorder({ root, disk, ...places, random, engine });
  recorder.plant(USERS);
  await recorder.init();
  await recorder.session(['ana']);
  await recorder.session(['ana', 'bo', 'cy'], ['bo', 'cy']);
  await recorder.cutShort('bo');
  await recorder.session(['ana', 'bo', 'cy']);
  await recorder.sumUp('ana');
  recorder.grow('cy');
  await recorder.session(['ana', 'bo', 'cy']);
  await recorder.end('bo', 's1', 's2');
  await recorder.prune('bo', 3);
  return {
    initial: new Map(),
    operations: disk.operations,
    snapshots: recorder.snapshots,
    pruned: recorder.pruned,
    ...places,
  };
}

/**
 * What happens to the disk when life goes on after a crash. All that had been promised before still holds.
 *
 * @param root - A directory of its own, made anew.
 */
export async function recordRecovery(
  root: string,
  { operations, snapshots, keyFile, sources }: History,
  { end, image, index }: CrashState,
  random: SeededRandom,
  engine: Engine,
): Promise<History> {
  mkdirSync(join(root, 'vault'), { recursive: true });
  layIndex(join(root, 'vault/index'), index);
  const disk = new CrashDisk(join(root, 'disk'), image);
  // No history has changed more settings than it has operations.
  const settings = operations.length;
  const recorder = new Recorder({ root, disk, keyFile, sources, random, engine, snapshots, settings });
  await recorder.session(USERS);
  const told = operations.slice(0, end).filter(({ op }) => op === 'told');
  return { initial: image, operations: [...told, ...disk.operations], snapshots: recorder.snapshots, keyFile, sources };
}
