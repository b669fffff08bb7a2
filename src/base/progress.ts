/** What a long operation reports while it runs. All figures are totals so far. */
export interface Progress {
  readonly phase: string;
  readonly files: number;
  readonly bytes: number;
  readonly bytesTotal?: number;
  readonly filesTotal?: number;
  /** The totals are what there was last time, not what there is. */
  readonly totalsAreGuesses?: boolean;
  readonly current?: string;
}

export type ProgressSink = (progress: Progress) => void;

export const noProgress: ProgressSink = () => {};
