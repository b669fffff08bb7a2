import { parentPort, workerData } from 'node:worker_threads';
import { fuzz } from './fuzz-run.js';
import { fuzzTargets } from './targets.js';

/** What the thread is to do. `state` holds the number of the target and of the case that it is at, for who watches. */
export interface FuzzOrders {
  readonly seed: number;
  readonly cases: number;
  /** That one case alone; below zero: all. */
  readonly only: number;
  /** The names of targets; empty: all. */
  readonly names: readonly string[];
  readonly state: Int32Array;
}

const { seed, cases, only, names, state } = workerData as FuzzOrders;
const numbers = only >= 0 ? [only] : Array.from({ length: cases }, (_, i) => i);
for (const [at, target] of (await fuzzTargets()).entries()) {
  if (names.length > 0 && !names.includes(target.name)) continue;
  Atomics.store(state, 0, at);
  const result = fuzz(target, seed, numbers, (number) => void Atomics.store(state, 1, number));
  parentPort?.postMessage({ name: target.name, ...result });
}
