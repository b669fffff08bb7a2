/**
 * What is counted: seconds or bytes. `storedShare`: stored bytes as a part of the source's. `delay…`: seconds that a request waits, the longest,
 * and what 999 of 1000 or 99 of 100 stay below. `answer50`, `answer99`: seconds from a request to its answer, half of them and 99 of 100;
 * `spread`: the slowest over the median; `growth`, `cpuGrowth`: how often as long, or as much CPU time, as it took with few. `turn`: the longest wait for the turn to write. `eachBytes`: memory for each of many.
 */
export type Figure =
  | 'wall'
  | 'cpu'
  | 'memory'
  | 'stored'
  | 'storedWithoutIndex'
  | 'storedShare'
  | 'delay'
  | 'delay999'
  | 'delay99'
  | 'answer50'
  | 'answer99'
  | 'spread'
  | 'growth'
  | 'cpuGrowth'
  | 'turn'
  | 'eachBytes';

export const FIGURE_UNITS: Readonly<Record<Figure, 's' | 'MB' | '%' | 'ms' | '×' | 'B'>> = {
  wall: 's',
  cpu: 's',
  memory: 'MB',
  stored: 'MB',
  storedWithoutIndex: 'MB',
  storedShare: '%',
  delay: 'ms',
  delay999: 'ms',
  delay99: 'ms',
  answer50: 'ms',
  answer99: 'ms',
  spread: '×',
  growth: '×',
  cpuGrowth: '×',
  turn: 'ms',
  eachBytes: 'B',
};

/** One measured run of one program. */
export interface Sample {
  readonly step: string;
  readonly program: string;
  readonly round: number;
  readonly figures: Readonly<Partial<Record<Figure, number>>>;
}

/** The figures of one program at one step over all rounds, in the order measured; empty when nothing was. */
export function valuesOf(samples: readonly Sample[], step: string, program: string, figure: Figure): number[] {
  return samples
    .filter((sample) => sample.step === step && sample.program === program)
    .map((sample) => sample.figures[figure])
    .filter((value) => value !== undefined);
}

/** The middle value, or the mean of the two middle ones; undefined for no values. */
export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  return upper === undefined || lower === undefined ? undefined : (lower + upper) / 2;
}
