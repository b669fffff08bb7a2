import { rmSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from './command.js';

/**
 * A folder for one run of the bench: working copies of the source trees, and room for repositories and restores.
 * The trees are copies so that an interrupted run never leaves the cached data set half swapped.
 */
export interface Stage {
  readonly folder: string;
  /** Where the tree that is shown stands: the same path string for every program and every release. */
  readonly tree: string;
  /** Puts the release of that number under `tree`, by renaming; no file inside is touched. */
  show(release: number): Promise<void>;
  /** A new empty folder. */
  place(name: string): Promise<string>;
  /**
   * Puts a folder aside and gives its space back, but keeps its inodes until the whole stage is removed.
   * ext4 does not hand out an inode again for a minute, or six while the deletion is not written back, and searches
   * past all of those: right after the removal of 80,000 files a copy of the same tree took eight times as long.
   */
  retire(folder: string): Promise<void>;
  remove(): Promise<void>;
}

/** Left in the parent when a stage is removed; see `retire`. */
const REMOVAL_MARK = '.bench-removed';
const INODE_REST_SECONDS = 360;

/** How long to wait until a removed stage's inodes no longer slow down the next one. */
export async function restSeconds(parent: string): Promise<number> {
  const removed = await stat(join(parent, REMOVAL_MARK)).catch(() => undefined);
  if (removed === undefined) return 0;
  return Math.max(0, INODE_REST_SECONDS - (Date.now() - removed.mtimeMs) / 1000);
}

/** Waits for that long, and says so. */
export async function rest(parent: string): Promise<void> {
  const seconds = await restSeconds(parent);
  if (seconds === 0) return;
  process.stderr.write(
    `Waiting ${Math.ceil(seconds)} s, because ext4 is slow soon after a great removal (--no-wait goes on).\n`,
  );
  await sleep(seconds * 1000);
}

/** Makes the stage inside `parent`, which should lie on the disk that is to be measured. */
export async function createStage(parent: string, sources: readonly string[]): Promise<Stage> {
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, 'run-'));
  const tree = join(folder, 'tree');
  const removeNow = () => {
    // Programs that were just killed may still add a last entry: hence the retries.
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    writeFileSync(join(parent, REMOVAL_MARK), '');
  };
  process.once('exit', removeNow);
  const resting = (release: number) => join(folder, `release-${release}`);
  for (const [release, source] of sources.entries()) await run({ argv: ['cp', '-a', source, resting(release)] });
  let retired = 0;
  let shown: number | undefined;
  return {
    folder,
    tree,
    async show(release) {
      if (shown === release) return;
      if (shown !== undefined) await rename(tree, resting(shown));
      await rename(resting(release), tree);
      shown = release;
    },
    async place(name) {
      const path = join(folder, name);
      await mkdir(path, { recursive: true });
      return path;
    },
    async retire(old) {
      retired += 1;
      const aside = join(folder, `retired-${retired}`);
      await rename(old, aside);
      await run({ argv: ['chmod', '-R', 'u+w', aside] });
      await run({ argv: ['find', aside, '-type', 'f', '-exec', 'truncate', '-s', '0', '{}', '+'] });
    },
    async remove() {
      await rm(folder, { recursive: true, force: true });
      await writeFile(join(parent, REMOVAL_MARK), '');
      process.off('exit', removeNow);
    },
  };
}
