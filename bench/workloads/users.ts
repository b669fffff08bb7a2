import { settle } from '../cache.js';
import { OURS } from '../peers.js';
import type { Figure, Sample } from '../sample.js';
import { endSession, percentile } from '../sessions/calls.js';
import { BenchDaemon } from '../sessions/daemon.js';
import { type History, readHistory } from '../sessions/history.js';
import { makeUsers } from '../sessions/many-users.js';
import { sessionData } from '../sessions/session.js';
import { createStage, type Stage } from '../stage.js';
import type { Outcome, Request } from '../workload.js';

/** Users whose sessions end at once. */
const AT_ONCE = 1000;
const MANY = 100_000;
/** Users among many whose sessions end one after another, and how often each. */
const ASKED = 60;
const SESSIONS_EACH = 3;

type Record = (step: string, round: number, figures: Partial<{ [F in Figure]: number }>) => void;

/** A thousand users whose sessions end at once, and what a hundred thousand users cost. */
export async function users(request: Request): Promise<Outcome> {
  const history = await readHistory(request.corpusFolder);
  const stage = await createStage(request.workFolder, []);
  const samples: Sample[] = [];
  const record: Record = (step, round, figures) => {
    const sample = { step, program: OURS, round, figures };
    samples.push(sample);
    request.onSample(sample);
  };
  try {
    if (request.steps.has(NEXT)) {
      for (let round = 0; round < request.rounds; round += 1) await atOnce(stage, history, round, record);
    }
    if (request.steps.has(START)) await manyUsers(stage, history, record);
  } finally {
    await stage.remove();
  }
  const data = `${AT_ONCE} users, each with a session of 500 records in 1 MB; ${MANY} users`;
  return { samples, data, notes: [`With ${MANY} users is measured once, whatever the number of rounds.`] };
}

const FIRST = 'all end, first time';
const NEXT = 'all end, next time';
const START = 'many users';

/** Each round has a fresh vault: the users' first sessions make the users, the next ones find them. */
async function atOnce(stage: Stage, history: History, round: number, record: Record): Promise<void> {
  const daemon = await BenchDaemon.make(await stage.place(`storm-${round}`));
  try {
    await daemon.start();
    for (const [number, step] of [FIRST, NEXT].entries()) {
      const data = Array.from({ length: AT_ONCE }, (_, i) => sessionData(history, (round * 2 + number) * AT_ONCE + i));
      await settle();
      const before = await daemon.cpu();
      const ends = await Promise.all(data.map((one, i) => endSession(daemon, `user-${i}`, `session-${number}`, one)));
      const wall = Math.max(...ends);
      const figures = { wall, spread: wall / percentile(ends, 0.5), memory: await daemon.memory() };
      record(step, round, { ...figures, cpu: (await daemon.cpu()) - before });
    }
  } finally {
    await daemon.stop();
  }
  await stage.retire(daemon.folder);
}

/** The same with few users and with many: what a start takes, what each costs in memory, and how long a session's end takes. */
async function manyUsers(stage: Stage, history: History, record: Record): Promise<void> {
  const few = await oneVault(stage, history, ASKED);
  const many = await oneVault(stage, history, MANY);
  record('few users', 0, { wall: few.start, memory: few.memory, answer50: few.answer50 });
  const eachBytes = Math.max(0, many.memory - few.memory) / (MANY - ASKED);
  record(START, 0, { wall: many.start, memory: many.memory, eachBytes });
  record(START, 0, { answer50: many.answer50, growth: many.answer50 / few.answer50 });
}

async function oneVault(
  stage: Stage,
  history: History,
  count: number,
): Promise<{ start: number; memory: number; answer50: number }> {
  const daemon = await BenchDaemon.make(await stage.place(`users-${count}`));
  try {
    await makeUsers(
      daemon,
      Array.from({ length: count }, (_, i) => `user-${i}`),
    );
    await settle();
    const start = await daemon.start();
    const ends: number[] = [];
    for (let number = 0; number < SESSIONS_EACH; number++) {
      for (let asked = 0; asked < ASKED; asked++) {
        const user = `user-${Math.floor((asked * count) / ASKED)}`;
        const data = sessionData(history, number * ASKED + asked);
        ends.push(await endSession(daemon, user, `session-${number}`, data));
      }
    }
    return { start, memory: await daemon.memory(), answer50: percentile(ends, 0.5) };
  } finally {
    await daemon.stop();
  }
}
