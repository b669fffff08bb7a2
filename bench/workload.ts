import type { Program } from './program.js';
import type { Sample } from './sample.js';

export interface Request {
  readonly programs: readonly Program[];
  /** The steps whose figures are wanted; what they build on is run too. */
  readonly steps: ReadonlySet<string>;
  readonly rounds: number;
  /** Where data sets are kept. */
  readonly corpusFolder: string;
  /** Where working copies, repositories and restores of this run are put. */
  readonly workFolder: string;
  readonly releases: readonly [older: string, newer: string];
  /** Whether to let the file system come to rest after an earlier run. */
  readonly wait: boolean;
  /** Hears each figure as soon as it is known. */
  readonly onSample: (sample: Sample) => void;
}

export interface Outcome {
  readonly samples: readonly Sample[];
  /** The data, in one line. */
  readonly data: string;
  /** What was left out, and why. */
  readonly notes: readonly string[];
}

export type Workload = (request: Request) => Promise<Outcome>;
