import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../command.js';
import { OURS } from '../peers.js';
import { DELIVERED_FLAGS, keepingPath } from '../places.js';
import type { Figure, Sample } from '../sample.js';
import { endSession, percentile } from '../sessions/calls.js';
import { BenchDaemon } from '../sessions/daemon.js';
import { createStage, type Stage } from '../stage.js';
import type { Outcome, Request } from '../workload.js';

const USERS = 1000;
const SNAPSHOTS = 100;
/** Users whose lost index is asked for at once, and how often others are served meanwhile. */
const ASKED_TOGETHER = 4;
const SERVED = 200;

type Figures = Partial<{ [F in Figure]: number }>;

/** Very many small snapshots: a daemon's start on them, a prune of all, and a lost index that comes back user by user beside other work. */
export async function small(request: Request): Promise<Outcome> {
  const stage = await createStage(request.workFolder, []);
  const samples: Sample[] = [];
  try {
    const record = (step: string, figures: Figures): void => {
      const sample = { step, program: OURS, round: 0, figures };
      samples.push(sample);
      request.onSample(sample);
    };
    await measureVault(stage, record);
  } finally {
    await stage.remove();
  }
  return {
    samples,
    data: `${USERS * SNAPSHOTS} snapshots of a file of 600 bytes, ${USERS} users; 30 of each user's ${SNAPSHOTS} are forgotten`,
    notes: [`With ${USERS * SNAPSHOTS} snapshots is measured once, whatever the number of rounds.`],
  };
}

async function measureVault(stage: Stage, record: (step: string, figures: Figures) => void): Promise<void> {
  const folder = await stage.place('small');
  const made = await stage.place('made');
  await run({
    argv: [process.execPath, ...DELIVERED_FLAGS, keepingPath('small'), made, String(USERS), String(SNAPSHOTS)],
  });
  const daemon = await BenchDaemon.make(folder);
  await rm(daemon.vault, { recursive: true });
  await rename(join(made, 'vault'), daemon.vault);
  await rename(join(made, 'master.key'), join(folder, 'master.key'));
  try {
    record('small, open', { wall: await daemon.start(), memory: await daemon.memory() });
    const cpuBefore = await daemon.cpu();
    const { wall } = await prune(daemon);
    record('small, prune', { wall, cpu: (await daemon.cpu()) - cpuBefore, memory: await daemon.peakMemory() });
    await daemon.stop();
    await rm(join(daemon.vault, 'index'), { recursive: true });
    await mkdir(join(folder, 'targets'));
    record('small, open without index', { wall: await daemon.start(), memory: await daemon.memory() });
    await rebuildBesideWork(daemon, record);
  } finally {
    await daemon.stop();
  }
  await stage.retire(folder);
}

async function prune(daemon: BenchDaemon): Promise<{ wall: number }> {
  const began = performance.now();
  const answer = (await daemon.ask('POST', '/api/prune', [Buffer.from('{"allow_large":true}')])) as {
    readonly status: string;
    readonly users: readonly unknown[];
  };
  if (answer.status !== 'done' || answer.users.length < USERS) {
    throw new Error(`The prune ended as ${answer.status} for ${answer.users.length} users.`);
  }
  return { wall: (performance.now() - began) / 1000 };
}

/** Each user's index is made anew when that user is asked for; sessions of others end, and others are restored, meanwhile. */
async function rebuildBesideWork(daemon: BenchDaemon, record: (step: string, figures: Figures) => void): Promise<void> {
  const cpuBefore = await daemon.cpu();
  const began = performance.now();
  const ends: number[] = [];
  const restores: number[] = [];
  let next = SERVED;
  const asker = async (): Promise<void> => {
    while (next < USERS) {
      const user = `user-${next++}`;
      const { backups } = (await daemon.ask('GET', `/api/backups/${user}`)) as { backups: readonly unknown[] };
      if (backups.length !== SNAPSHOTS * 0.7) throw new Error(`Of ${user} ${backups.length} snapshots are listed.`);
    }
  };
  const others = async (): Promise<void> => {
    for (let i = 0; i < SERVED; i++) {
      const user = `user-${i}`;
      ends.push(await endSession(daemon, user, 'session', Buffer.from('{"actions":[{"id":"1"}]}')));
      const target = join(daemon.folder, 'targets', user);
      const asked = performance.now();
      await daemon.ask('POST', '/api/restore', [Buffer.from(JSON.stringify({ user_id: user, latest: true, target }))]);
      restores.push((performance.now() - asked) / 1000);
    }
  };
  await Promise.all([others(), ...Array.from({ length: ASKED_TOGETHER }, asker)]);
  const figures = { wall: (performance.now() - began) / 1000, memory: await daemon.peakMemory() };
  record('small, rebuild', { ...figures, cpu: (await daemon.cpu()) - cpuBefore });
  record('small, ends meanwhile', { answer50: percentile(ends, 0.5), answer99: percentile(ends, 0.99) });
  record('small, restores meanwhile', { answer50: percentile(restores, 0.5), answer99: percentile(restores, 0.99) });
}
