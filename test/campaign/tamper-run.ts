import type { Engine } from '../../src/engine/index.js';
import { SeededRandom } from './random.js';
import { MODES, TamperCampaign } from './tamper-campaign.js';
import { changeOf } from './tamper-steps.js';
import { makeTamperVault } from './tamper-vault.js';

export interface TamperResult {
  /** How often what was done came to what, in which mode. */
  readonly tally: ReadonlyMap<string, number>;
  /** A line for each broken promise, with how to see it again. */
  readonly wrong: readonly string[];
}

/** Runs these cases of a seed in all modes. Any case alone does what it does among others. */
export async function runTamperCases(
  root: string,
  engine: Engine,
  seed: number,
  cases: readonly number[],
  onCase: (done: number, wrong: number) => void = () => {},
): Promise<TamperResult> {
  const made = await makeTamperVault(root, engine);
  const campaign = await TamperCampaign.start(made, root, engine);
  const tally = new Map<string, number>();
  const wrong: string[] = [];
  for (const [done, number] of cases.entries()) {
    const change = changeOf(made, new SeededRandom(seed * 1_000_003 + number));
    for (const mode of MODES) {
      const verdict = await campaign.try(change, mode);
      const what =
        verdict.outcome === 'detected'
          ? `detected (${verdict.codes.join(', ')})`
          : verdict.outcome === 'rolled back'
            ? `rolled back, ${verdict.told ? 'told' : 'not told'}`
            : verdict.outcome;
      const key = `${change.what}, ${mode}: ${what}`;
      tally.set(key, (tally.get(key) ?? 0) + 1);
      if (verdict.outcome === 'wrong') {
        wrong.push(
          `--seed ${seed} --case ${number} ${mode} (${change.what} ${[...change.touched].join(', ')}): ${verdict.why}`,
        );
      }
    }
    onCase(done + 1, wrong.length);
  }
  return { tally, wrong };
}
