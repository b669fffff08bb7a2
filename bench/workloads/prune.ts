import { run } from '../command.js';
import type { BesideAnswer } from '../keeping/beside.js';
import type { PruneAnswer } from '../keeping/prune.js';
import { OURS } from '../peers.js';
import { DELIVERED_FLAGS, keepingPath } from '../places.js';
import type { Figure, Sample } from '../sample.js';
import { percentile } from '../sessions/calls.js';
import { createStage, type Stage } from '../stage.js';
import type { Outcome, Request } from '../workload.js';

const HISTORIES = [100, 1000, 10_000] as const;

type Figures = Partial<{ [F in Figure]: number }>;

/** What it takes to forget one snapshot and prune, by the length of the history; and what a prune costs those who back up beside it. */
export async function prune(request: Request): Promise<Outcome> {
  const stage = await createStage(request.workFolder, []);
  const samples: Sample[] = [];
  const notes: string[] = [];
  try {
    for (let round = 0; round < request.rounds; round += 1) {
      const record = (step: string, figures: Figures): void => {
        const sample = { step, program: OURS, round, figures };
        samples.push(sample);
        request.onSample(sample);
      };
      if (request.steps.has('forget and prune, 10,000')) await histories(stage, round, record, notes);
      if (request.steps.has('backup beside a prune')) await beside(stage, round, record);
    }
  } finally {
    await stage.remove();
  }
  const data = `${HISTORIES.join(', ')} snapshots of 40 files of 4 KB, two of them changed each time; 300 packs with 21,000 chunks, a third of them needed`;
  return { samples, data, notes };
}

async function histories(
  stage: Stage,
  round: number,
  record: (step: string, figures: Figures) => void,
  notes: string[],
): Promise<void> {
  let few: PruneAnswer | undefined;
  for (const snapshots of HISTORIES) {
    const folder = await stage.place(`prune-${round}-${snapshots}`);
    const answer = await ask<PruneAnswer>(keepingPath('prune'), folder, String(snapshots));
    few ??= answer;
    const { wall, cpu } = answer.cost;
    const growth = { growth: wall / few.cost.wall, cpuGrowth: cpu / few.cost.cpu };
    record(`forget and prune, ${snapshots.toLocaleString('en')}`, { wall, cpu, ...growth });
    if (round === 0) {
      notes.push(
        `Of ${snapshots} snapshots in ${answer.packs} packs of ${(answer.storedBytes / 1e6).toFixed(1)} MB: ${answer.reads} reads of ${(answer.readBytes / 1e3).toFixed(0)} kB, ${answer.goneBytes} bytes gone.`,
      );
    }
    await stage.retire(folder);
  }
}

async function beside(stage: Stage, round: number, record: (step: string, figures: Figures) => void): Promise<void> {
  const folder = await stage.place(`beside-${round}`);
  const { alone, beside: met, longestTurn, delay } = await ask<BesideAnswer>(keepingPath('beside'), folder);
  record('backup alone', { answer50: percentile(alone, 0.5), answer99: percentile(alone, 0.99) });
  record('backup beside a prune', {
    answer50: percentile(met, 0.5),
    answer99: percentile(met, 0.99),
    turn: longestTurn,
    delay: delay.most,
    delay999: delay.percentile999,
  });
  await stage.retire(folder);
}

async function ask<T>(program: string, ...args: string[]): Promise<T> {
  return JSON.parse(await run({ argv: [process.execPath, ...DELIVERED_FLAGS, program, ...args] })) as T;
}
