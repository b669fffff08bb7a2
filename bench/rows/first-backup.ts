import type { Row } from '../row.js';

export const firstBackupWall: Row = {
  name: 'P1',
  title: 'first backup, wall time, warm and cold page cache',
  workload: 'kernel',
  bounds: [
    { kind: 'times', step: 'first', figure: 'wall', peer: 'restic', floor: 2.5, aim: 3.5 },
    { kind: 'times', step: 'first', figure: 'wall', peer: 'borg', floor: 3.5 },
    { kind: 'times', step: 'first cold', figure: 'wall', peer: 'restic', floor: 1.8, aim: 3 },
  ],
};

export const firstBackupCpu: Row = {
  name: 'P2',
  title: 'first backup, CPU seconds',
  workload: 'kernel',
  bounds: [{ kind: 'share', step: 'first', figure: 'cpu', peer: 'best', floor: 0.5, aim: 0.38 }],
};

export const firstBackupAbsolute: Row = {
  name: 'U1',
  title: 'first backup, wall time on a quiet machine',
  workload: 'kernel',
  bounds: [{ kind: 'limit', step: 'first', figure: 'wall', floor: 5 }],
};
