import type { Bound } from '../judge.js';
import type { Row } from '../row.js';

const STEPS = ['first', 'unchanged', 'next release', 'restore'];

export const peakMemory: Row = {
  name: 'P10',
  title: 'peak memory of all processes',
  workload: 'kernel',
  bounds: STEPS.flatMap((step): Bound[] => [
    { kind: 'limit', step, figure: 'memory', floor: 250e6 },
    { kind: 'share', step, figure: 'memory', peer: 'best', aim: 1 },
  ]),
};
