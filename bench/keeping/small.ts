import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Dice } from '../sessions/session.js';
import { type Maker, openMaker } from './maker.js';

const FILE_BYTES = 600;
/** Users whose snapshots are taken at once. */
const TOGETHER = 4;
/** Of each user so many of a hundred snapshots are forgotten at the end. */
const FORGOTTEN_SHARE = 0.3;
const STEP_MS = 3_600_000;

/** Usage: node small.js FOLDER USERS SNAPSHOTS. Makes a vault with so many users, with so many small snapshots each; a part is forgotten. */
async function main([folder, users, snapshots]: readonly string[]): Promise<void> {
  if (folder === undefined) throw new Error('Wanted: FOLDER USERS SNAPSHOTS.');
  const maker = await openMaker(folder, { threads: 0 });
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < Number(users)) await makeUser(maker, folder, next++, Number(snapshots));
  };
  await Promise.all(Array.from({ length: TOGETHER }, worker));
  await maker.close();
}

async function makeUser(maker: Maker, folder: string, number: number, snapshots: number): Promise<void> {
  const dice = new Dice(number);
  const name = `user-${number}`;
  const tree = join(folder, 'trees', name);
  mkdirSync(tree, { recursive: true });
  await maker.vault.ensureUser(name);
  const repository = await maker.vault.openUser(name);
  const taken: Uint8Array[] = [];
  for (let i = 0; i < snapshots; i++) {
    writeFileSync(join(tree, 'notes'), dice.hex(FILE_BYTES - dice.below(100)));
    maker.clock.time += STEP_MS;
    taken.push((await maker.capture(repository, { paths: [tree], codec: 'none' })).backupId!);
  }
  const backupIds = taken.slice(0, Math.floor(snapshots * FORGOTTEN_SHARE));
  if (backupIds.length > 0) await repository.log.append({ kind: 'forget', body: { backupIds } });
  repository.close();
}

await main(process.argv.slice(2));
