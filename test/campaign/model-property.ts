import fc from 'fast-check';
import { createEngine } from '../../src/engine/index.js';
import { ModelRun, type Step } from './model-run.js';
import { CHANGES } from './model-steps.js';
import { fastScratchDirectory, removeScratch } from './scratch.js';

/** How often each step comes up beside the changes of files, which come up once each. */
const WEIGHTS: Readonly<Record<string, number>> = {
  create: 3,
  edit: 2,
  backup: 7,
  'backup that is stopped': 3,
  restore: 4,
  'restore one path': 3,
  'damage the index': 3,
  'keep the index': 1,
  rebuild: 1,
};

export interface ModelOptions {
  readonly runs: number;
  readonly seed: number;
  /** The most steps of one sequence. */
  readonly steps: number;
  /** After this time it ends, with what it has found. */
  readonly limitMs: number;
}

/** Runs sequences against the model; throws with the shortest failing one and how to run it again. */
export async function checkModel({ runs, seed, steps, limitMs }: ModelOptions) {
  const engine = await createEngine({ threads: 0 });
  const tally: Record<string, number> = {};
  const done = { runs: 0, steps: 0, tally };
  const property = fc.asyncProperty(
    fc.array(stepArbitrary(), { minLength: 5, maxLength: steps, size: 'max' }),
    async (sequence) => {
      const root = fastScratchDirectory('model');
      const run = await ModelRun.start(root, engine);
      try {
        done.runs++;
        for (const step of sequence) {
          await run.step(step);
          done.steps++;
          tally[step.what] = (tally[step.what] ?? 0) + 1;
        }
        await run.checkAll();
      } finally {
        await run.close();
        removeScratch(root);
      }
    },
  );
  try {
    const replay = `node dist/test/campaign/model.js --seed ${seed} --runs ${runs} --steps ${steps}`;
    // Shrinking takes long; what is found by then has to do.
    const result = await fc.check(property, { seed, numRuns: runs, interruptAfterTimeLimit: limitMs });
    if (result.failed) {
      const report = fc.defaultReportMessage(result);
      throw new Error(`Run it again: ${replay}\n${report}`, { cause: result.errorInstance });
    }
  } finally {
    await engine.close();
  }
  return done;
}

function stepArbitrary(): fc.Arbitrary<Step> {
  const weights = { ...Object.fromEntries(Object.keys(CHANGES).map((what) => [what, 1])), ...WEIGHTS };
  const what = fc.oneof(
    ...Object.entries(weights).map(([value, weight]) => ({ weight, arbitrary: fc.constant(value) })),
  );
  return fc.record({ what, a: fc.nat(1_000_000), b: fc.nat(1_000_000_000) });
}
