import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { silentLogger } from '../../src/base/index.js';
import { decodeWholeEntry } from '../../src/format/index.js';
import { restore } from '../../src/restore/index.js';
import { Calendar, DEFAULT_POLICY, retain } from '../../src/upkeep/index.js';
import type { UserRepository } from '../../src/vault/index.js';
import { drop } from '../cache.js';
import { readHistory } from '../sessions/history.js';
import { folderBytes } from '../size.js';
import { requireSameTree } from '../verify.js';
import { ChurningTree } from './churn.js';
import { type Cost, type Maker, openMaker, timed } from './maker.js';

const FILES = 5000;
const DIRECTORIES = 100;
const CHANGED_SHARE = 0.015;
const DAY_MS = 24 * 3600 * 1000;
/** How often each restore is measured, in turn with the other. */
const TURNS = 7;

/** Restores of the newest state, one of each vault in turn. */
export interface AgePair {
  readonly pruned: boolean;
  /** With an emptied page cache; there only where that is allowed. */
  readonly cold: boolean;
  readonly fresh: Cost;
  readonly old: Cost;
}

export interface AgeAnswer {
  readonly files: number;
  readonly forgotten: number;
  /** Bytes of all packs. */
  readonly stored: { readonly fresh: number; readonly before: number; readonly after: number };
  readonly pairs: readonly AgePair[];
}

interface Place {
  readonly maker: Maker;
  readonly folder: string;
  repository: UserRepository;
}

/**
 * Usage: node age.js FOLDER CORPUS SNAPSHOTS. Takes so many snapshots of a tree that changes, a day between them, and restores the newest in
 * turn with the only one of a fresh vault that has the same state: as it is, and after retention and prune. Prints the answer as JSON.
 */
async function main([folder, corpus, snapshots]: readonly string[]): Promise<void> {
  if (folder === undefined || corpus === undefined) throw new Error('Wanted: FOLDER CORPUS SNAPSHOTS.');
  const tree = new ChurningTree(join(folder, 'tree'), await readHistory(corpus), FILES, DIRECTORIES);
  const old = await openPlace(join(folder, 'old'));
  for (let i = 0; i < Number(snapshots); i++) {
    if (i > 0) tree.step(CHANGED_SHARE);
    old.maker.clock.time += DAY_MS;
    await old.maker.capture(old.repository, { paths: [tree.folder] });
  }
  const fresh = await openPlace(join(folder, 'fresh'));
  fresh.maker.clock.time = old.maker.clock.time;
  await fresh.maker.capture(fresh.repository, { paths: [tree.folder] });
  const before = await storedBytes(old);
  const target = join(folder, 'target');
  const pairs = await compare(old, fresh, tree.folder, target, false);
  const forgotten = await thin(old);
  pairs.push(...(await compare(old, fresh, tree.folder, target, true)));
  const stored = { fresh: await storedBytes(fresh), before, after: await storedBytes(old) };
  for (const { maker, repository } of [old, fresh]) {
    repository.close();
    await maker.close();
  }
  const answer: AgeAnswer = { files: tree.size, forgotten, stored, pairs };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

async function openPlace(folder: string): Promise<Place> {
  const maker = await openMaker(folder, { threads: 2 });
  await maker.vault.ensureUser('ana');
  return { maker, folder, repository: await maker.vault.openUser('ana') };
}

/** Retention and prune, as a daemon does them, save that nothing waits for its grace. */
async function thin(place: Place): Promise<number> {
  const { maker } = place;
  const { forgotten } = await retain(place.repository, {
    policy: DEFAULT_POLICY,
    calendar: new Calendar('UTC'),
    clock: maker.clock,
    opened: maker.vault.opened,
  });
  // Who had the user open before may still read what was forgotten.
  place.repository.close();
  place.repository = await maker.vault.openUser('ana');
  for (let run = 0; run < 3; run++) await maker.prune(place.repository, 0);
  return forgotten.length;
}

async function compare(old: Place, fresh: Place, tree: string, target: string, pruned: boolean): Promise<AgePair[]> {
  const pairs: AgePair[] = [];
  // Once unmeasured, and looked at.
  for (const place of [old, fresh]) await restored(place, target, tree);
  for (const cold of [false, true]) {
    for (let turn = 0; turn < TURNS; turn++) {
      const costs: Cost[] = [];
      for (const place of [old, fresh]) {
        if (cold && !(await drop())) return pairs;
        costs.push(await restored(place, target));
      }
      pairs.push({ pruned, cold, old: costs[0]!, fresh: costs[1]! });
    }
  }
  return pairs;
}

async function restored(
  { maker: { engine }, repository }: Place,
  target: string,
  compareWith: string | undefined = undefined,
): Promise<Cost> {
  const [newest] = await repository.snapshots.list();
  const { chunks, backend, openSecrets: secrets } = repository;
  mkdirSync(target);
  const cost = await timed(async () => {
    const report = await restore({
      source: { chunks, backend, secrets, engine },
      scopes: newest!.manifest.scopes.map(({ scope, path, entry }) => ({
        scope,
        path,
        entry: decodeWholeEntry(entry, scope),
      })),
      target,
      logger: silentLogger,
    });
    if (report.failures.count > 0) throw new Error(`${report.failures.count} items were not restored.`);
  });
  if (compareWith !== undefined) await requireSameTree(compareWith, target);
  rmSync(target, { recursive: true });
  return cost;
}

function storedBytes({ folder }: Place): Promise<number> {
  return folderBytes(join(folder, 'vault', 'users'));
}

await main(process.argv.slice(2));
