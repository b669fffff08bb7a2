import { execFileSync, spawnSync } from 'node:child_process';
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { errnoCode } from '../../src/base/index.js';
import { runProgram } from './program.js';
import { scratchDirectory } from './scratch.js';
import { makeDeepTree, makeTortureTree, type TortureOptions } from './torture-tree.js';
import { differences, readTree } from './tree.js';

export interface TortureResult {
  /** What this system does not let anybody make, or not this user. */
  readonly notMade: readonly string[];
  /** What rsync would do to make the restored tree like the original. */
  readonly rsync: string;
  /** What the own comparison found, paths of any length included. */
  readonly differs: readonly string[];
  readonly differsDeep: readonly string[];
  /** Sparse files that take more room than their originals, with both figures. */
  readonly grown: readonly string[];
  readonly problems: readonly unknown[];
  readonly durationsMs: { readonly backup: unknown; readonly restore: unknown };
}

/** Backs the tree up and restores it with the program itself, and compares the two in every way there is. */
export async function runTorture(options: TortureOptions): Promise<TortureResult> {
  const root = scratchDirectory('torture');
  try {
    const [original, deep] = [join(root, 'original'), join(root, 'deep')];
    const notMade = makeTortureTree(original, options);
    makeDeepTree(deep);
    const vault = ['--vault', join(root, 'vault'), '--key-file', join(root, 'key')];
    await succeed([...vault, 'init']);
    const made = await succeed([...vault, 'backup', 'ana', '--path', original, '--path', deep]);
    const target = join(root, 'restored');
    const restored = await succeed([...vault, 'restore', 'ana', '--latest', '--target', target, '--verify']);
    return {
      notMade,
      rsync: compareByRsync(`${original}/`, `${join(target, original)}/`),
      differs: differences(readTree(original), readTree(join(target, original))),
      differsDeep: differences(readTree(deep), readTree(join(target, deep))),
      grown: grownFiles(join(original, 'sparse'), join(target, original, 'sparse')),
      problems: [made.failures, restored.failures, restored.warnings].flat(),
      durationsMs: { backup: made.duration_ms, restore: restored.duration_ms },
    };
  } finally {
    // Node cannot name what lies deeper than the longest path.
    execFileSync('rm', ['-rf', root]);
  }
}

async function succeed(args: readonly string[]): Promise<Record<string, unknown>> {
  const { exitCode, answer, stderr } = await runProgram(args);
  if (exitCode !== 0 || !answer)
    throw new Error(`"${args.join(' ')}" ended with ${exitCode}: ${stderr} ${JSON.stringify(answer)}`);
  return answer;
}

function compareByRsync(original: string, restored: string): string {
  const options = ['-aHAXn', '--modify-window=-1', '--delete', '--checksum', '--itemize-changes'];
  const { error, status, stdout, stderr } = spawnSync('rsync', [...options, original, restored], {
    encoding: 'latin1',
    maxBuffer: 1 << 28,
  });
  if (errnoCode(error) === 'ENOENT')
    throw new Error('There is no rsync. Install it first: apt-get install rsync', { cause: error });
  if (error) throw error;
  return status === 0 ? stdout : `rsync ended with ${status}: ${stderr}${stdout}`;
}

function grownFiles(original: string, restored: string): string[] {
  return readdirSync(original).flatMap((name) => {
    const [before, after] = [original, restored].map((place) => lstatSync(join(place, name)).blocks * 512);
    // A block more at either side of a hole is a matter of alignment.
    const allowed = before! + 6 * 8192;
    return after! > allowed ? [`"${name}" takes ${after} bytes, the original ${before}`] : [];
  });
}
