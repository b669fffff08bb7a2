import { join } from 'node:path';
import { run } from '../command.js';
import type { Program, Repository } from '../program.js';
import type { Sample } from '../sample.js';
import { folderBytes } from '../size.js';
import type { Stage } from '../stage.js';

/** What one round over all programs works with. */
export interface Round {
  readonly stage: Stage;
  /** Counted from 0. */
  readonly round: number;
  /** In the order of this round. */
  readonly programs: readonly Program[];
  readonly steps: ReadonlySet<string>;
  /** Length of the source's content, for the share stored of it. */
  readonly sourceBytes: number;
  readonly record: (sample: Sample) => void;
  /** A remark for the report. */
  readonly note: (text: string) => void;
}

export interface Contender {
  readonly name: string;
  readonly home: string;
  readonly repository: Repository;
}

/** A fresh, initialised repository of the program in a folder of its own. */
export async function enter(program: Program, stage: Stage): Promise<Contender> {
  const home = await stage.place(join('homes', program.name));
  const repository = program.at(home);
  await run(repository.init);
  return { name: program.name, home, repository };
}

/** Removes a repository. A tree of many files is retired instead, see `Stage`. */
export async function discard(folder: string): Promise<void> {
  await run({ argv: ['rm', '-rf', folder] });
}

export async function storedFigures(repository: Repository, sourceBytes: number): Promise<Sample['figures']> {
  const stored = await folderBytes(repository.storedFolder);
  const figures = { stored, storedShare: stored / sourceBytes };
  if (repository.indexFolder === undefined) return figures;
  return { ...figures, storedWithoutIndex: stored - (await folderBytes(repository.indexFolder)) };
}

export function costFigures(cost: { wallSeconds: number; cpuSeconds: number; memoryBytes: number }): Sample['figures'] {
  return { wall: cost.wallSeconds, cpu: cost.cpuSeconds, memory: cost.memoryBytes };
}
