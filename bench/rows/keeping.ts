import type { Row } from '../row.js';

export const oldHistory: Row = {
  name: 'S7',
  title: 'restore of the newest of 200 snapshots against that of a fresh vault, before and after prune',
  workload: 'age',
  bounds: [
    { kind: 'limit', step: 'restore, old', figure: 'growth', floor: 1.5 },
    { kind: 'limit', step: 'restore, pruned', figure: 'growth', floor: 1.5 },
    { kind: 'limit', step: 'restore, old', figure: 'cpuGrowth', aim: 1.5 },
    { kind: 'limit', step: 'restore, pruned', figure: 'cpuGrowth', aim: 1.5 },
    { kind: 'limit', step: 'restore, old, cold', figure: 'growth', aim: 1.5 },
    { kind: 'limit', step: 'restore, pruned, cold', figure: 'growth', aim: 1.5 },
  ],
};

export const smallSnapshots: Row = {
  name: 'K5',
  title: '100,000 small snapshots of 1,000 users: start, prune, and lost indexes that come back beside other work',
  workload: 'small',
  bounds: [
    { kind: 'limit', step: 'small, open', figure: 'wall', floor: 2 },
    { kind: 'limit', step: 'small, open without index', figure: 'wall', floor: 2 },
    { kind: 'limit', step: 'small, prune', figure: 'memory', aim: 250e6 },
    { kind: 'limit', step: 'small, ends meanwhile', figure: 'answer99', aim: 0.5 },
    { kind: 'limit', step: 'small, restores meanwhile', figure: 'answer99', aim: 0.5 },
  ],
};

export const pruneOne: Row = {
  name: 'S3',
  title: 'forget one snapshot and prune, of 100 and of 10,000; and what a backup waits for a prune',
  workload: 'prune',
  bounds: [
    { kind: 'limit', step: 'forget and prune, 10,000', figure: 'growth', aim: 2 },
    { kind: 'limit', step: 'forget and prune, 10,000', figure: 'cpuGrowth', aim: 2 },
    { kind: 'limit', step: 'backup beside a prune', figure: 'turn', floor: 0.05 },
    { kind: 'limit', step: 'backup beside a prune', figure: 'delay999', floor: 0.05 },
  ],
};
