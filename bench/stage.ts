import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
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
  remove(): Promise<void>;
}

/** Makes the stage inside `parent`, which should lie on the disk that is to be measured. */
export async function createStage(parent: string, sources: readonly string[]): Promise<Stage> {
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, 'run-'));
  const tree = join(folder, 'tree');
  const removeNow = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', removeNow);
  const resting = (release: number) => join(folder, `release-${release}`);
  for (const [release, source] of sources.entries()) await run({ argv: ['cp', '-a', source, resting(release)] });
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
    async remove() {
      await rm(folder, { recursive: true, force: true });
      process.off('exit', removeNow);
    },
  };
}
