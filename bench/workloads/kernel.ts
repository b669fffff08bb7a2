import { kernelCorpus } from '../corpus.js';
import type { Sample } from '../sample.js';
import { contentBytes } from '../size.js';
import { createStage, rest } from '../stage.js';
import type { Outcome, Request } from '../workload.js';
import { coldRound } from './kernel-cold.js';
import { warmRound } from './kernel-warm.js';

/** A source tree of 79,000 files, and the next release of it. */
export async function kernel(request: Request): Promise<Outcome> {
  const corpus = await kernelCorpus(request.corpusFolder, request.releases);
  if (request.wait) await rest(request.workFolder);
  const stage = await createStage(request.workFolder, corpus.folders);
  const samples: Sample[] = [];
  const notes: string[] = [];
  const record = (sample: Sample) => {
    samples.push(sample);
    request.onSample(sample);
  };
  try {
    const content = await contentBytes(corpus.folders[0]);
    const warmWanted = [...request.steps].some((step) => step !== 'first cold');
    for (let round = 0; round < request.rounds; round += 1) {
      const programs = rotated(request.programs, round);
      const note = (text: string) => void notes.push(text);
      const context = { stage, round, programs, steps: request.steps, sourceBytes: content.bytes, record, note };
      if (warmWanted) await warmRound(context);
      if (request.steps.has('first cold') && !(await coldRound(context))) {
        notes.push('Cold page cache: left out, this system does not let the bench drop the page cache (root only).');
        break;
      }
    }
    const megabytes = Math.round(content.bytes / 1e6);
    const data = `Debian linux-source-6.1 ${corpus.versions.join(', then ')}: ${content.files} files, ${megabytes} MB`;
    return { samples, data, notes };
  } finally {
    await stage.remove();
  }
}

/** Each round starts with another program, so that none always runs in the same other one's wake. */
function rotated<T>(items: readonly T[], by: number): T[] {
  const start = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}
