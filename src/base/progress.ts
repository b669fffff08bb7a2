/** What a long operation reports while it runs. All figures are totals so far. */
export interface Progress {
  readonly phase: string;
  readonly files: number;
  readonly bytes: number;
  readonly bytesTotal?: number;
  readonly filesTotal?: number;
  readonly current?: string;
}

export type ProgressSink = (progress: Progress) => void;

export const noProgress: ProgressSink = () => {};
