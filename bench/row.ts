import type { Bound } from './judge.js';

/** A line of the targets: what to measure and what has to come out. Its name is what the command line takes. */
export interface Row {
  readonly name: string;
  readonly title: string;
  /** The workload that measures the steps named by the bounds. */
  readonly workload: string;
  readonly bounds: readonly Bound[];
}
