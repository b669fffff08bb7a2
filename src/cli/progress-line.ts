import { type Clock, jsonText, type Progress, type ProgressSink, printableText } from '../base/index.js';

import type { TextSink } from './output.js';
import { formatBytes, formatCount, formatDuration } from './units.js';

export const PROGRESS_MODES = ['auto', 'bar', 'json', 'none'] as const;
export type ProgressMode = (typeof PROGRESS_MODES)[number];

/** A step shorter than this shows nothing. */
const PATIENCE_MS = 1000;
const INTERVAL_MS = 200;
const BAR_CELLS = 20;
const COLUMNS = 80;
const CLEAR_LINE = '\r\u001b[K';

export interface ProgressDisplay {
  readonly sink: ProgressSink;
  /** Takes the line away, so that something else can be written; the next event brings it back. */
  clear(): void;
}

/** `auto` is a bar on a terminal and nothing elsewhere. */
export function createProgress(mode: ProgressMode, stderr: TextSink, clock: Clock): ProgressDisplay {
  const shown = mode === 'auto' ? (stderr.isTTY ? 'bar' : 'none') : mode;
  if (shown === 'none') return { sink: () => {}, clear: () => {} };
  return shown === 'json' ? jsonEvents(stderr, clock) : line(stderr, clock);
}

/** Lets an event through at the first of each phase and at most five times a second. */
class Throttle {
  readonly #clock: Clock;
  #phase: string | undefined;
  #began = 0;
  #last = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds since the phase began, or undefined when it is too early for another event. */
  elapsed(phase: string): number | undefined {
    const now = this.#clock.monotonic();
    if (phase !== this.#phase) {
      this.#phase = phase;
      this.#began = now;
      this.#last = now;
      return 0;
    }
    if (now - this.#last < INTERVAL_MS) return undefined;
    this.#last = now;
    return now - this.#began;
  }
}

function jsonEvents(stderr: TextSink, clock: Clock): ProgressDisplay {
  const throttle = new Throttle(clock);
  const sink: ProgressSink = (progress) => {
    const elapsed = throttle.elapsed(progress.phase);
    if (elapsed === undefined) return;
    const { phase, files, bytes, filesTotal, bytesTotal, totalsAreGuesses, current } = progress;
    const { bytesPerSecond, leftMs } = estimate(progress, elapsed);
    const event = {
      event: 'progress',
      phase,
      files,
      bytes,
      files_total: filesTotal,
      bytes_total: bytesTotal,
      totals_are_guesses: totalsAreGuesses,
      current,
      elapsed_ms: Math.round(elapsed),
      bytes_per_second: Math.round(bytesPerSecond),
      left_ms: leftMs === undefined ? undefined : Math.round(leftMs),
    };
    stderr.write(`${jsonText(event)}\n`);
  };
  return { sink, clear: () => {} };
}

function line(stderr: TextSink, clock: Clock): ProgressDisplay {
  const throttle = new Throttle(clock);
  let visible = false;
  const clear = (): void => {
    if (visible) stderr.write(CLEAR_LINE);
    visible = false;
  };
  const sink: ProgressSink = (progress) => {
    const elapsed = throttle.elapsed(progress.phase);
    if (elapsed === 0) clear();
    if (elapsed === undefined || elapsed < PATIENCE_MS) return;
    // Some terminals give their width as 0.
    stderr.write(CLEAR_LINE + fit(progressText(progress, elapsed), (stderr.columns || COLUMNS) - 1));
    visible = true;
  };
  return { sink, clear };
}

interface Estimate {
  readonly bytesPerSecond: number;
  /** How much of all is done, from 0 to 1; undefined where nobody knows how much there is. */
  readonly share: number | undefined;
  /** Undefined where nothing can be said of it: at the very beginning, and where there is more than was guessed. */
  readonly leftMs: number | undefined;
}

function estimate({ files, filesTotal, bytes, bytesTotal }: Progress, elapsedMs: number): Estimate {
  const bytesPerSecond = elapsedMs > 0 ? (bytes / elapsedMs) * 1000 : 0;
  const done = bytesTotal ? bytes / bytesTotal : filesTotal ? files / filesTotal : undefined;
  if (done === undefined) return { bytesPerSecond, share: undefined, leftMs: undefined };
  const leftMs = done > 0 && done <= 1 ? (elapsedMs / done) * (1 - done) : undefined;
  return { bytesPerSecond, share: Math.min(1, done), leftMs };
}

/** `backup  [####----]  41 %  12,345 files  1.2 GiB  310 MiB/s  0:12 left  src/main.c` */
export function progressText(progress: Progress, elapsedMs: number): string {
  const { phase, files, filesTotal, bytes, totalsAreGuesses, current } = progress;
  const { bytesPerSecond, share, leftMs } = estimate(progress, elapsedMs);
  const about = totalsAreGuesses ? 'about ' : '';
  const parts = [phase];
  if (share !== undefined) {
    const full = Math.round(share * BAR_CELLS);
    parts.push(`[${'#'.repeat(full)}${'-'.repeat(BAR_CELLS - full)}] ${about}${Math.floor(share * 100)} %`);
  }
  parts.push(
    filesTotal ? `${formatCount(files)} of ${about}${formatCount(filesTotal)} files` : `${formatCount(files)} files`,
  );
  parts.push(formatBytes(bytes), `${formatBytes(bytesPerSecond)}/s`);
  if (leftMs !== undefined) parts.push(`${about}${formatDuration(leftMs)} left`);
  if (current) parts.push(current);
  return printableText(parts.join('  '));
}

function fit(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, Math.max(0, columns - 1))}…`;
}
