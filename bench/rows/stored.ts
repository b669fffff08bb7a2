import type { Row } from '../row.js';

export const storedBytes: Row = {
  name: 'P5',
  title: 'stored bytes after the first backup, and with both releases',
  workload: 'kernel',
  bounds: [
    { kind: 'share', step: 'first', figure: 'stored', peer: 'best', floor: 0.88, aim: 0.8 },
    { kind: 'share', step: 'next release', figure: 'stored', peer: 'best', floor: 0.88, aim: 0.8 },
  ],
};

export const smaller: Row = {
  name: 'U3',
  title: 'stored bytes as a part of the source: more than 70 % smaller, aim 82 %',
  workload: 'kernel',
  bounds: [{ kind: 'limit', step: 'first', figure: 'storedShare', floor: 0.3, aim: 0.18 }],
};
