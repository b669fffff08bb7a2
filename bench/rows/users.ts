import type { Row } from '../row.js';

export const usersAtOnce: Row = {
  name: 'U4',
  title: '1,000 users whose sessions of 1 MB end at once',
  workload: 'users',
  bounds: [
    { kind: 'limit', step: 'all end, next time', figure: 'wall', floor: 5 },
    { kind: 'limit', step: 'all end, next time', figure: 'spread', floor: 3 },
    // Each user is made first: keys in two copies, read back, and a record.
    { kind: 'limit', step: 'all end, first time', figure: 'wall', aim: 5 },
    { kind: 'limit', step: 'all end, first time', figure: 'spread', floor: 3 },
  ],
};

export const manyUsers: Row = {
  name: 'S5',
  title: '100,000 users: the start of a daemon, memory for each, the end of a session',
  workload: 'users',
  bounds: [
    { kind: 'limit', step: 'many users', figure: 'wall', floor: 2 },
    { kind: 'limit', step: 'many users', figure: 'eachBytes', floor: 2048 },
    { kind: 'limit', step: 'many users', figure: 'growth', floor: 1.2 },
  ],
};
