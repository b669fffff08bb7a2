import type { Row } from '../row.js';

export const restoreWall: Row = {
  name: 'P6',
  title: 'restore to an empty place',
  workload: 'kernel',
  bounds: [
    { kind: 'times', step: 'restore', figure: 'wall', peer: 'restic', floor: 1.5, aim: 2.5 },
    { kind: 'times', step: 'restore', figure: 'wall', peer: 'borg', floor: 3 },
    { kind: 'times', step: 'restore', figure: 'wall', peer: 'cp -a', aim: 1 },
  ],
};

export const restoreAbsolute: Row = {
  name: 'U2',
  title: 'restore, wall time on a quiet machine',
  workload: 'kernel',
  bounds: [{ kind: 'limit', step: 'restore', figure: 'wall', floor: 10 }],
};
