import type { Workload } from '../workload.js';
import { age } from './age.js';
import { kernel } from './kernel.js';
import { latency } from './latency.js';
import { prune } from './prune.js';
import { session } from './session.js';
import { small } from './small.js';
import { users } from './users.js';

/** By the name that rows give. */
export const WORKLOADS: ReadonlyMap<string, Workload> = new Map([
  ['kernel', kernel],
  ['latency', latency],
  ['session', session],
  ['users', users],
  ['age', age],
  ['small', small],
  ['prune', prune],
]);
