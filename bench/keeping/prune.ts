import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PrunedUser } from '../../src/upkeep/index.js';
import { Dice } from '../sessions/session.js';
import { type Cost, type Maker, openMaker, timed } from './maker.js';

const FILES = 40;
const FILE_BYTES = 4000;
const CHANGED = 2;
const STEP_MS = 3_600_000;

export interface PruneAnswer {
  readonly snapshots: number;
  readonly packs: number;
  readonly storedBytes: number;
  /** Of the forget and the prune that frees what only it held. */
  readonly cost: Cost;
  readonly reads: number;
  readonly readBytes: number;
  /** Snapshots that this prune gave up: the one, once nothing of a pack that it needed is needed by others, or what is left is stored again. */
  readonly givenUp: number;
  readonly goneBytes: number;
}

/**
 * Usage: node prune.js FOLDER SNAPSHOTS. Makes a history of so many snapshots of a directory that changes by little, prunes until its small
 * packs are merged, forgets one snapshot from its middle and prunes. Prints what that took as JSON.
 */
async function main([folder, snapshots]: readonly string[]): Promise<void> {
  if (folder === undefined) throw new Error('Wanted: FOLDER SNAPSHOTS.');
  const maker = await openMaker(folder, { threads: 0, records: true });
  await maker.vault.ensureUser('ana');
  const middle = await makeHistory(maker, join(folder, 'tree'), Number(snapshots));
  while ((await prune(maker, 0)).rewritten.packs > 0) maker.calls.length = 0;
  const repository = await maker.vault.openUser('ana');
  maker.calls.length = 0;
  let pruned: PrunedUser | undefined;
  const cost = await timed(async () => {
    await repository.log.append({ kind: 'forget', body: { backupIds: [middle] } });
    repository.close();
    pruned = await prune(maker);
  });
  const { status, before, dead, rewritten, added, snapshots: givenUp } = pruned!;
  if (status !== 'done') throw new Error(`The prune ended as "${status}".`);
  const reads = maker.calls.filter(({ verb }) => verb === 'get' || verb === 'getRange');
  const answer: PruneAnswer = {
    snapshots: Number(snapshots),
    packs: before.packs,
    storedBytes: before.bytes,
    cost,
    reads: reads.length,
    readBytes: reads.reduce((sum, { length = 0 }) => sum + length, 0),
    givenUp: givenUp.length,
    goneBytes: dead.bytes + rewritten.bytes - added.bytes,
  };
  await maker.close();
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

/** Opens the user for this prune alone: who had it open before may still read what was forgotten. */
async function prune(maker: Maker, graceMs?: number): Promise<PrunedUser> {
  const repository = await maker.vault.openUser('ana');
  try {
    return await maker.prune(repository, graceMs);
  } finally {
    repository.close();
  }
}

/** The id of the snapshot in the middle. */
async function makeHistory(maker: Maker, tree: string, snapshots: number): Promise<Uint8Array> {
  const dice = new Dice(snapshots);
  mkdirSync(tree);
  const write = (file: number): void =>
    writeFileSync(join(tree, `f${file}`), dice.hex(FILE_BYTES - dice.below(FILE_BYTES / 8)));
  for (let i = 0; i < FILES; i++) write(i);
  const repository = await maker.vault.openUser('ana');
  let middle: Uint8Array | undefined;
  for (let i = 0; i < snapshots; i++) {
    for (let changed = 0; changed < CHANGED; changed++) write(dice.below(FILES));
    maker.clock.time += STEP_MS;
    const { backupId } = await maker.capture(repository, { paths: [tree] });
    if (i === Math.floor(snapshots / 2)) middle = backupId;
    maker.calls.length = 0;
  }
  repository.close();
  return middle!;
}

await main(process.argv.slice(2));
