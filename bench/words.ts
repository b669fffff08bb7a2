import type { Bound, Judgement } from './judge.js';
import { FIGURE_UNITS, type Figure } from './sample.js';

export const FIGURE_NAMES: Readonly<Record<Figure, string>> = {
  wall: 'wall time',
  cpu: 'CPU time',
  memory: 'peak memory',
  stored: 'stored bytes',
  storedWithoutIndex: 'stored bytes without index',
  storedShare: 'stored share of the source',
  delay: 'longest delay',
  delay999: 'delay, 999 of 1000',
  delay99: 'delay, 99 of 100',
  answer50: 'answer, 1 of 2',
  answer99: 'answer, 99 of 100',
  spread: 'slowest over median',
  growth: 'longer than with few',
  cpuGrowth: 'more CPU than with few',
  turn: 'longest wait for the turn',
  eachBytes: 'memory for each',
};

/** A figure with its unit, in three or so digits: `4.21 s`, `215 MB`, `17.4 %`. */
export function figureText(figure: Figure, value: number): string {
  const unit = FIGURE_UNITS[figure];
  if (unit === 's') return `${value.toFixed(value < 10 ? 2 : 1)} s`;
  if (unit === 'ms') return `${(value * 1000).toFixed(1)} ms`;
  if (unit === '×') return `${value.toFixed(2)}×`;
  if (unit === 'B') return `${value.toFixed(0)} B`;
  if (unit === 'MB') return `${(value / 1e6).toFixed(value < 10e6 ? 1 : 0)} MB`;
  return `${(value * 100).toFixed(1)} %`;
}

/** A floor or an aim: `≥ 2.5×`, `≤ 0.88×`, `≤ 5.00 s`. */
export function boundText(bound: Bound, limit: number | undefined): string {
  if (limit === undefined) return '–';
  if (bound.kind === 'limit') return `≤ ${figureText(bound.figure, limit)}`;
  return `${bound.kind === 'times' ? '≥' : '≤'} ${limit}×`;
}

export function reachedText({ bound, reached }: Judgement): string {
  return bound.kind === 'limit' ? figureText(bound.figure, reached) : `${reached.toFixed(2)}×`;
}

/** `PASS` or `SHORT` for a floor. */
export function floorWord(judgement: Judgement): string {
  return judgement.floorMet === undefined ? '–' : judgement.floorMet ? 'PASS' : 'SHORT';
}

export function aimWord(judgement: Judgement): string {
  return judgement.aimMet === undefined ? '–' : judgement.aimMet ? 'yes' : 'no';
}
