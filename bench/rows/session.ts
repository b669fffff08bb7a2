import type { Row } from '../row.js';

export const sessionEnd: Row = {
  name: 'U1S',
  title: 'a session of 1 MB from the call to the durable answer; a user of 50 MB for the first time',
  workload: 'session',
  bounds: [
    { kind: 'limit', step: 'session S', figure: 'answer50', floor: 0.025 },
    { kind: 'limit', step: 'session S', figure: 'answer99', floor: 0.1 },
    { kind: 'limit', step: 'user M', figure: 'wall', floor: 1 },
  ],
};

export const sessionRestore: Row = {
  name: 'U2S',
  title: 'the same back again',
  workload: 'session',
  bounds: [
    { kind: 'limit', step: 'restore S', figure: 'answer50', floor: 0.05 },
    { kind: 'limit', step: 'restore M', figure: 'wall', floor: 1 },
  ],
};

export const sessionSmaller: Row = {
  name: 'U3S',
  title: 'stored bytes as a part of what was captured: alone more than 70 % smaller, with what repeats more than 90 %',
  workload: 'session',
  bounds: [
    { kind: 'limit', step: 'sessions S, stored', figure: 'storedShare', floor: 0.3, aim: 0.1 },
    { kind: 'limit', step: 'user M', figure: 'storedShare', floor: 0.3, aim: 0.1 },
    { kind: 'limit', step: 'user M, ten captures', figure: 'storedShare', floor: 0.1 },
  ],
};

export const sessionCommand: Row = {
  name: 'P9',
  title: 'a session as a peer stores it, with one command',
  workload: 'session',
  bounds: [{ kind: 'times', step: 'session S, a command', figure: 'wall', peer: 'best', floor: 30, aim: 100 }],
};
