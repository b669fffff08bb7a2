import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { settle } from '../cache.js';
import { OURS } from '../peers.js';
import { endSession } from '../sessions/calls.js';
import type { BenchDaemon } from '../sessions/daemon.js';
import { RECORDS_M, sessionData, userFiles } from '../sessions/session.js';
import { folderBytes } from '../size.js';
import { requireSameTree } from '../verify.js';
import type { SessionRound } from './session-round.js';

/** How often the whole user is captured, with a session more each time. */
const CAPTURES = 10;
const USER = 'eva';

/** One user whole: records and files go in, come back, and go in again with a little more each time. */
export async function userSteps({ stage, round, history, record }: SessionRound, daemon: BenchDaemon): Promise<void> {
  const records = sessionData(history, 500_000 + round, RECORDS_M);
  const tree = await stage.place(`files-${round}`);
  let fileBytes = 0;
  for (const { name, text } of userFiles(history, round + 1)) {
    const path = join(tree, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    fileBytes += Buffer.byteLength(text);
  }
  await settle();
  const before = await daemon.storedBytes();
  let captured = records.length + fileBytes;
  const wall = await capture(daemon, tree, records);
  const first = (await daemon.storedBytes()) - before;
  record('user M', OURS, { wall, stored: first, storedShare: first / captured });
  const target = await stage.place(`restored-${round}`);
  await settle();
  record('restore M', OURS, { wall: await restore(daemon, target) });
  await requireSameTree(tree, target);
  if ((await folderBytes(join(target, '_records'))) < records.length * 0.9)
    throw new Error('Records did not come back.');
  await stage.retire(target);
  for (let number = 1; number < CAPTURES; number++) {
    const more = withSession(records, sessionData(history, 600_000 + round * 100 + number));
    await capture(daemon, tree, more);
    captured += more.length + fileBytes;
  }
  const stored = (await daemon.storedBytes()) - before;
  record('user M, ten captures', OURS, { stored, storedShare: stored / captured });
}

/** Seconds until both the records and the files are durable. */
async function capture(daemon: BenchDaemon, tree: string, records: Uint8Array): Promise<number> {
  const seconds = await endSession(daemon, USER, 'everything', records);
  const began = performance.now();
  await daemon.ask('POST', '/api/commands/backup', [
    Buffer.from(JSON.stringify({ user_id: USER, type: 'manual', paths: [tree] })),
  ]);
  return seconds + (performance.now() - began) / 1000;
}

async function restore(daemon: BenchDaemon, target: string): Promise<number> {
  const began = performance.now();
  await daemon.ask('POST', '/api/restore', [Buffer.from(JSON.stringify({ user_id: USER, latest: true, target }))]);
  return (performance.now() - began) / 1000;
}

/** The records with those of one session more at their end. */
function withSession(records: Buffer, session: Buffer): Buffer {
  const actions = session.indexOf('"actions":[') + '"actions":['.length;
  return Buffer.concat([records.subarray(0, -3), Buffer.from(','), session.subarray(actions)]);
}
