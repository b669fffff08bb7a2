import { join } from 'node:path';
import { run } from '../command.js';
import { kernelCorpus } from '../corpus.js';
import type { Delay } from '../latency/watch.js';
import { OURS } from '../peers.js';
import { DELIVERED_FLAGS, latencyPath } from '../places.js';
import type { Sample } from '../sample.js';
import { createStage, rest } from '../stage.js';
import type { Outcome, Request } from '../workload.js';

/** How long the main thread of a daemon keeps a request waiting while source trees are backed up and restored at full speed. */
export async function latency(request: Request): Promise<Outcome> {
  const corpus = await kernelCorpus(request.corpusFolder, request.releases);
  if (request.wait) await rest(request.workFolder);
  // Read where they lie: the trees are not changed.
  const stage = await createStage(request.workFolder, []);
  const samples: Sample[] = [];
  try {
    for (let round = 0; round < request.rounds; round += 1) {
      const folder = await stage.place(`latency-${round}`);
      const answer = await run({
        argv: [process.execPath, ...DELIVERED_FLAGS, latencyPath, folder, ...corpus.folders],
      });
      const found = JSON.parse(answer) as Readonly<Record<'first' | 'both', Delay>>;
      for (const [step, { most, percentile99, percentile999 }] of [
        ['two backups', found.first],
        ['backup and restore', found.both],
      ] as const) {
        const sample = {
          step,
          program: OURS,
          round,
          figures: { delay: most, delay99: percentile99, delay999: percentile999 },
        };
        samples.push(sample);
        request.onSample(sample);
      }
      await stage.retire(join(folder, 'restored'));
      await run({ argv: ['rm', '-rf', folder] });
    }
  } finally {
    await stage.remove();
  }
  const data = `Debian linux-source-6.1 ${corpus.versions.join(' and ')}, each for a user of its own, in one process with two workers`;
  return { samples, data, notes: [] };
}
