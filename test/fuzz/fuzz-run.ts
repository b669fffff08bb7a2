import { isBitacoraError } from '../../src/base/index.js';
import { SeededRandom } from '../campaign/random.js';
import { mutated } from './mutate.js';
import { corpusOf } from './seeds.js';
import { restructured } from './structure.js';
import type { FuzzTarget } from './targets.js';

/** The longest that one case may keep the processor. */
const CPU_MS_MAX = 1000;
/** The most that one case may add to the memory of the process. */
const GROWTH_MAX = 64 * 2 ** 20;

export interface FuzzResult {
  readonly taken: number;
  readonly refused: number;
  /** A line each, with how to see it again. */
  readonly failures: readonly string[];
}

/** The bytes that a case stands for: any case alone is what it is among others. */
export function caseOf(target: FuzzTarget, seed: number, number: number): Uint8Array {
  const corpus = corpusFor(target);
  if (number < corpus.length) return corpus[number]!;
  const random = new SeededRandom(seed * 1_000_003 + number);
  if (target.body && random.chance(0.4)) return restructured(random.pick(target.seeds), random);
  return mutated([...target.seeds, ...corpus], random);
}

const corpora = new Map<string, readonly Uint8Array[]>();

function corpusFor({ name }: FuzzTarget): readonly Uint8Array[] {
  const known = corpora.get(name) ?? corpusOf(name);
  corpora.set(name, known);
  return known;
}

/** Runs cases of one target. Only a `BitacoraError` may come of one, within a second of work and 64 MiB. */
export function fuzz(
  target: FuzzTarget,
  seed: number,
  cases: readonly number[],
  onCase: (number: number) => void = () => {},
): FuzzResult {
  const failures: string[] = [];
  let [taken, refused] = [0, 0];
  for (const number of cases) {
    onCase(number);
    const bytes = caseOf(target, seed, number);
    const before = process.memoryUsage.rss();
    const began = process.cpuUsage();
    const problem = tryOne(target, bytes);
    const used = process.cpuUsage(began);
    const spent = (used.user + used.system) / 1000;
    const growth = process.memoryUsage.rss() - before;
    if (problem === 'taken') taken++;
    else if (problem === 'refused') refused++;
    const told = [
      problem === 'taken' || problem === 'refused' ? '' : problem,
      spent > CPU_MS_MAX ? `it took ${Math.round(spent)} ms` : '',
      growth > GROWTH_MAX ? `it took ${growth >> 20} MiB` : '',
    ].filter((text) => text !== '');
    if (told.length > 0) failures.push(`--target "${target.name}" --seed ${seed} --case ${number}: ${told.join('; ')}`);
  }
  return { taken, refused, failures };
}

function tryOne(target: FuzzTarget, bytes: Uint8Array): string {
  try {
    target.run(bytes);
    return 'taken';
  } catch (error) {
    if (isBitacoraError(error) && error.code !== 'INTERNAL') return 'refused';
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}
