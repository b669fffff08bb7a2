import type { Row } from '../row.js';

export const unchanged: Row = {
  name: 'P3',
  title: 'backup of an unchanged tree',
  workload: 'kernel',
  bounds: [{ kind: 'times', step: 'unchanged', figure: 'wall', peer: 'best', floor: 8, aim: 15 }],
};

export const nextRelease: Row = {
  name: 'P4',
  title: 'backup of the next release, every file new to the file system',
  workload: 'kernel',
  bounds: [{ kind: 'times', step: 'next release', figure: 'wall', peer: 'best', floor: 5, aim: 10 }],
};
