import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { UserRepository } from '../../src/vault/index.js';
import { type Delay, watchDelay } from '../latency/watch.js';
import { Dice } from '../sessions/session.js';
import { type Maker, openMaker } from './maker.js';

const PACKS = 300;
const FILES_EACH = 70;
const FILE_BYTES = 12_000;
/** Of all files so many are still in the newest snapshot. */
const LIVE_SHARE = 0.35;
const SMALL_FILES = 4;
const ALONE = 100;
const STEP_MS = 3_600_000;

export interface BesideAnswer {
  readonly chunks: number;
  readonly packs: number;
  readonly rewritten: number;
  /** Seconds that a small backup takes alone, and beside the prune: each, in the order taken. */
  readonly alone: readonly number[];
  readonly beside: readonly number[];
  /** The longest that somebody waited for the turn to write to the log meanwhile, in seconds. */
  readonly longestTurn: number;
  /** How long the main thread kept a timer waiting. */
  readonly delay: Delay;
}

/**
 * Usage: node beside.js FOLDER. Takes small backups of a user alone, and then beside a prune of the same user that stores a third of 300 packs
 * again. Prints how long each took, and how long a writer waited for its turn, as JSON.
 */
async function main([folder]: readonly string[]): Promise<void> {
  if (folder === undefined) throw new Error('Wanted: FOLDER.');
  const maker = await openMaker(folder, { threads: 2 });
  await maker.vault.ensureUser('ana');
  await makeHistory(maker, join(folder, 'tree'));
  const small = join(folder, 'small');
  mkdirSync(small);
  const repository = await maker.vault.openUser('ana');
  const alone: number[] = [];
  for (let i = 0; i < ALONE; i++) alone.push(await smallBackup(maker, repository, small));
  const beside: number[] = [];
  let longestTurn = 0;
  let rewritten = 0;
  let packs = 0;
  const delay = await watchDelay(async () => {
    let under = true;
    const writer = (async () => {
      while (under) beside.push(await smallBackup(maker, repository, small));
    })();
    const asker = (async () => {
      while (under) longestTurn = Math.max(longestTurn, await turn(repository));
    })();
    const pruning = await maker.vault.openUser('ana');
    const pruned = await maker.prune(pruning).finally(() => {
      under = false;
      pruning.close();
    });
    rewritten = pruned.rewritten.packs;
    packs = pruned.before.packs;
    await Promise.all([writer, asker]);
  });
  if (rewritten < PACKS / 2) throw new Error(`Only ${rewritten} packs were rewritten.`);
  repository.close();
  await maker.close();
  const answer: BesideAnswer = {
    chunks: PACKS * FILES_EACH,
    packs,
    rewritten,
    alone,
    beside,
    longestTurn,
    delay,
  };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

/** Each snapshot adds a pack; the newest has but a third of all files, and is the only one that is not forgotten. */
async function makeHistory(maker: Maker, tree: string): Promise<void> {
  const dice = new Dice(PACKS);
  const repository = await maker.vault.openUser('ana');
  const forgotten: Uint8Array[] = [];
  const capture = async (): Promise<Uint8Array> => {
    maker.clock.time += STEP_MS;
    return (await maker.capture(repository, { paths: [tree] })).backupId!;
  };
  mkdirSync(tree);
  for (let pack = 0; pack < PACKS; pack++) {
    mkdirSync(join(tree, `d${pack}`));
    for (let file = 0; file < FILES_EACH; file++) {
      writeFileSync(join(tree, `d${pack}`, `f${file}`), dice.hex(FILE_BYTES));
    }
    forgotten.push(await capture());
  }
  for (let pack = 0; pack < PACKS; pack++) {
    for (let file = 0; file < FILES_EACH; file++) {
      if (dice.below(100) >= LIVE_SHARE * 100) rmSync(join(tree, `d${pack}`, `f${file}`));
    }
  }
  await capture();
  await repository.log.append({ kind: 'forget', body: { backupIds: forgotten } });
  repository.close();
}

let number = 0;

async function smallBackup(maker: Maker, repository: UserRepository, folder: string): Promise<number> {
  for (let file = 0; file < SMALL_FILES; file++) writeFileSync(join(folder, `f${file}`), `${number++} `.repeat(100));
  const began = performance.now();
  await maker.capture(repository, { paths: [folder] });
  return (performance.now() - began) / 1000;
}

/** Seconds until the turn came. */
async function turn({ log }: UserRepository): Promise<number> {
  const began = performance.now();
  let came = began;
  await log.appendAfter(async () => {
    came = performance.now();
    return undefined;
  });
  await new Promise<void>((resolve) => void setTimeout(resolve, 1));
  return (came - began) / 1000;
}

await main(process.argv.slice(2));
