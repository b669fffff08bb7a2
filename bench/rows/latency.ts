import type { Bound } from '../judge.js';
import type { Row } from '../row.js';

export const latency: Row = {
  name: 'L1',
  title: 'how long a daemon keeps a request waiting while it works at full speed',
  workload: 'latency',
  bounds: ['two backups', 'backup and restore'].flatMap((step): Bound[] => [
    { kind: 'limit', step, figure: 'delay999', floor: 0.02 },
    // One question in thousands waits for the kernel or a core: shown, and hard to promise.
    { kind: 'limit', step, figure: 'delay', aim: 0.02 },
    { kind: 'limit', step, figure: 'delay99', aim: 0.005 },
  ]),
};
