import { join } from 'node:path';
import { run } from '../command.js';
import type { AgeAnswer, AgePair } from '../keeping/age.js';
import { OURS } from '../peers.js';
import { DELIVERED_FLAGS, keepingPath } from '../places.js';
import { median, type Sample } from '../sample.js';
import { readHistory } from '../sessions/history.js';
import { createStage } from '../stage.js';
import type { Outcome, Request } from '../workload.js';

const SNAPSHOTS = 200;

/** Restores of the newest of many snapshots against that of a fresh vault. */
export async function age(request: Request): Promise<Outcome> {
  // Made here, where it is waited for by all.
  await readHistory(request.corpusFolder);
  const stage = await createStage(request.workFolder, []);
  const samples: Sample[] = [];
  let answer: AgeAnswer | undefined;
  try {
    for (let round = 0; round < request.rounds; round += 1) {
      const folder = await stage.place(`age-${round}`);
      const argv = [process.execPath, ...DELIVERED_FLAGS, keepingPath('age'), folder, request.corpusFolder] as const;
      answer = JSON.parse(await run({ argv: [...argv, String(SNAPSHOTS)] })) as AgeAnswer;
      for (const sample of samplesOf(answer, round)) {
        samples.push(sample);
        request.onSample(sample);
      }
      await run({ argv: ['rm', '-rf', join(folder)] });
    }
  } finally {
    await stage.remove();
  }
  const notes = answer ? [notesOf(answer)] : [];
  return { samples, data: `${SNAPSHOTS} daily snapshots of 5,000 files, of which 1.5 % change each day`, notes };
}

function samplesOf({ pairs, stored }: AgeAnswer, round: number): Sample[] {
  const samples: Sample[] = [];
  for (const [step, pruned] of [
    ['restore, old', false],
    ['restore, pruned', true],
  ] as const) {
    for (const cold of [false, true]) {
      const ones = pairs.filter((pair) => pair.pruned === pruned && pair.cold === cold);
      if (ones.length === 0) continue;
      const of = (pick: (pair: AgePair) => number): number => median(ones.map(pick))!;
      samples.push({
        step: cold ? `${step}, cold` : step,
        program: OURS,
        round,
        figures: {
          wall: of(({ old }) => old.wall),
          cpu: of(({ old }) => old.cpu),
          stored: pruned ? stored.after : stored.before,
          growth: of(({ old, fresh }) => old.wall / fresh.wall),
          cpuGrowth: of(({ old, fresh }) => old.cpu / fresh.cpu),
        },
      });
    }
  }
  return samples;
}

function notesOf({ forgotten, stored }: AgeAnswer): string {
  const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
  return `Retention forgot ${forgotten} of ${SNAPSHOTS}. The state alone takes ${mb(stored.fresh)}, the history ${mb(stored.before)}, pruned ${mb(stored.after)}.`;
}
