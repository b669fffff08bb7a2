import { lstatSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { SeededRandom } from '../campaign/random.js';

/** What the adversary is told, and tells: `state` is swaps done, whether to stop. */
export interface Orders {
  readonly target: string;
  readonly outside: string;
  /** An empty directory of its own on the same file system. */
  readonly own: string;
  readonly seed: number;
  readonly state: Int32Array;
}

const { target, outside, own, seed, state } = workerData as Orders;
const random = new SeededRandom(seed);
const exchange = bindExchange();
const links = { directory: join(own, 'directory link'), file: join(own, 'file link') };
symlinkSync(join(outside, 'directory'), links.directory);
symlinkSync(join(outside, 'secret'), links.file);
mkdirSync(join(own, 'aside'));
parentPort?.postMessage('ready');

while (Atomics.load(state, 1) === 0) {
  try {
    const victim = somewhere();
    if (victim === undefined) continue;
    swap(victim.path, victim.isDirectory ? links.directory : links.file);
    Atomics.add(state, 0, 1);
  } catch {
    // The restore was faster: what was to be swapped has gone.
  }
}

/** Something below the target, its hidden directories included; deeper things as often as higher ones. */
function somewhere(): { readonly path: string; readonly isDirectory: boolean } | undefined {
  let path = target;
  for (let depth = random.pick([0, 0, 1, 1, 2, 3]); ; depth--) {
    const names = readdirSync(path);
    if (names.length === 0) return undefined;
    const directories = names.filter((name) => /^(d\d|\.)/.test(name));
    path = join(path, random.pick(directories.length > 0 && random.chance(0.8) ? directories : names));
    const found = lstatSync(path);
    if (found.isSymbolicLink()) return undefined;
    if (depth <= 0 || !found.isDirectory()) return { path, isDirectory: found.isDirectory() };
  }
}

/** Puts a link to the outside in something's place, and the thing back a moment later. */
function swap(path: string, link: string): void {
  if (exchange) {
    exchange(path, link);
    pause();
    exchange(path, link);
  } else {
    const aside = join(own, 'aside', 'it');
    renameSync(path, aside);
    renameSync(link, path);
    pause();
    renameSync(path, link);
    rmSync(path, { recursive: true, force: true });
    renameSync(aside, path);
  }
}

function pause(): void {
  const turns = random.below(random.pick([100, 5000, 100_000, 1_000_000]));
  for (let i = 0; i < turns; i++) Atomics.load(state, 1);
}

/** `renameat2` with RENAME_EXCHANGE: at no moment is the name free. Undefined where koffi is not there. */
function bindExchange(): ((a: string, b: string) => void) | undefined {
  try {
    const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
    const call = koffi.load(null).func('int renameat2(int, const char*, int, const char*, uint)');
    return (a, b) => {
      if (call(-100, a, -100, b, 2) !== 0) throw new Error('It could not be exchanged.');
    };
  } catch {
    return undefined;
  }
}
