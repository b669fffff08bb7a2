import type { Workload } from '../workload.js';
import { kernel } from './kernel.js';
import { latency } from './latency.js';
import { session } from './session.js';
import { users } from './users.js';

/** By the name that rows give. */
export const WORKLOADS: ReadonlyMap<string, Workload> = new Map([
  ['kernel', kernel],
  ['latency', latency],
  ['session', session],
  ['users', users],
]);
