import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { settle } from '../cache.js';
import { run } from '../command.js';
import { measure } from '../measure.js';
import { OURS } from '../peers.js';
import type { Sample } from '../sample.js';
import { endSession, percentile, restoreSession } from '../sessions/calls.js';
import { BenchDaemon } from '../sessions/daemon.js';
import { readHistory } from '../sessions/history.js';
import { sessionData } from '../sessions/session.js';
import { createStage } from '../stage.js';
import type { Outcome, Request } from '../workload.js';
import { costFigures } from './kernel-round.js';
import type { SessionRound } from './session-round.js';
import { userSteps } from './session-user.js';

/** Sessions that end one after another in each round, and how many before that are not counted. */
const SESSIONS = 100;
const FIRST_ONES = 10;
const USER = 'ana';

/** One application's sessions, as they end, come back, and what they take: 1 MB each, and a user of 50 MB. */
export async function session(request: Request): Promise<Outcome> {
  const history = await readHistory(request.corpusFolder);
  const stage = await createStage(request.workFolder, []);
  const samples: Sample[] = [];
  try {
    for (let round = 0; round < request.rounds; round += 1) {
      const record: SessionRound['record'] = (step, program, figures) => {
        const sample = { step, program, round, figures };
        samples.push(sample);
        request.onSample(sample);
      };
      const context: SessionRound = { request, history, stage, round, record };
      await daemonSteps(context);
      if (request.steps.has(COMMAND)) for (const program of request.programs) await commandStep(context, program);
    }
  } finally {
    await stage.remove();
  }
  const { commits, head } = history;
  const data = `Sessions of 500 records in 1 MB and a user of 20,000 records and 2,000 files in 50 MB, made from the ${commits.length} commits up to ${head.slice(0, 12)} of this project`;
  return { samples, data, notes: [] };
}

const COMMAND = 'session S, a command';

async function daemonSteps(context: SessionRound): Promise<void> {
  const { stage, round, history, record } = context;
  const daemon = await BenchDaemon.make(await stage.place(`daemon-${round}`));
  try {
    await daemon.start();
    const data = Array.from({ length: FIRST_ONES + SESSIONS }, (_, i) => sessionData(history, round * 1000 + i));
    const source = data.reduce((sum, { length }) => sum + length, 0);
    await settle();
    const ends: number[] = [];
    for (const [i, one] of data.entries()) ends.push(await endSession(daemon, USER, `session-${i}`, one));
    const counted = ends.slice(FIRST_ONES);
    const answer50 = percentile(counted, 0.5);
    record('session S', OURS, { answer50, answer99: percentile(counted, 0.99) });
    // What a peer does with a command the application does with a call.
    record(COMMAND, OURS, { wall: answer50 });
    const restores: number[] = [];
    for (let i = FIRST_ONES; i < data.length; i++) {
      restores.push(await restoreSession(daemon, USER, `session-${i}`, data[i]!));
    }
    record('restore S', OURS, { answer50: percentile(restores, 0.5), answer99: percentile(restores, 0.99) });
    const stored = await daemon.storedBytes();
    record('sessions S, stored', OURS, { stored, storedShare: stored / source });
    await userSteps(context, daemon);
  } finally {
    await daemon.stop();
  }
}

/** The same session as a peer stores it: a file, and a command. */
async function commandStep(
  { stage, round, history, record }: SessionRound,
  program: Request['programs'][number],
): Promise<void> {
  if (program.name === OURS) return;
  const home = await stage.place(`${program.name}-${round}`);
  const tree = await stage.place('session');
  const repository = program.at(home);
  await run(repository.init);
  for (const number of [0, 1]) {
    await writeFile(join(tree, 'session.json'), sessionData(history, round * 1000 + number));
    await settle();
    const cost = await measure(repository.backup(tree, `session-${number}`));
    // The first is to fill the peer's own caches.
    if (number === 1) record(COMMAND, program.name, costFigures(cost));
  }
}
