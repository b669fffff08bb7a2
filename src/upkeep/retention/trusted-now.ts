import { DAY_MS } from './policy.js';

/** Both faces of a clock at one moment. */
export interface ClockReading {
  /** Milliseconds since 1970. */
  readonly wall: number;
  /** Milliseconds that never jump. */
  readonly monotonic: number;
}

export interface ClockEvidence {
  readonly reading: ClockReading;
  /** When this process opened the vault. */
  readonly opened: ClockReading;
  /** Times at which the vault was at work, in the order of its log: a clock that was set back and leapt again is seen to have done so. */
  readonly seen: readonly number[];
}

export interface TrustedNow {
  /** min(wall clock, last time seen + uptime since); what the wall clock says where nothing speaks against it. */
  readonly now: number;
  /** Why nothing may be forgotten now; undefined where the clock can be believed. */
  readonly held: HeldClock | undefined;
}

/** A leap of time that nobody lived through. */
export interface HeldClock {
  readonly from: number;
  readonly to: number;
  /** When the time behind the leap has gone on for so long that it is believed. */
  readonly until: number;
}

/** A leap in the log larger than this wants to be explained. */
export const LEAP_MS = 8 * DAY_MS;
/** So long a clock has to go on behind a leap until it is believed. */
export const SETTLE_MS = 7 * DAY_MS;
/** Snapshots that make a habit. */
const USUAL_MIN = 4;
/** So far a wall clock may stray from the uptime and still be one that was not set. */
const STRAY_MS = 3_600_000;

/**
 * What time it is for everything that lets go of data. A clock that was set forward, by hand or by a dead battery, must not make
 * everything old at once: after a leap that neither the log nor the uptime of this process explains, nothing is let go until the
 * clock has gone on for a week, which is time for somebody to see the warning.
 */
export function trustedNow({ reading, opened, seen }: ClockEvidence): TrustedNow {
  const { wall } = reading;
  const points = [...seen.filter((time) => time <= wall), wall];
  const uptime = reading.monotonic - opened.monotonic;
  for (let i = points.length - 1; i > 0; i--) {
    const [from, to] = [points[i - 1]!, points[i]!];
    if (wall - to >= SETTLE_MS) break;
    if (to - from <= LEAP_MS || to - from <= usualGap(points.slice(0, i))) continue;
    const steady = Math.abs(wall - opened.wall - uptime) <= STRAY_MS;
    if (steady && (uptime >= SETTLE_MS || opened.wall <= from + LEAP_MS)) continue;
    return { now: Math.min(wall, from + uptime), held: { from, to, until: to + SETTLE_MS } };
  }
  return { now: wall, held: undefined };
}

/** Whoever comes back once a month does not leap: twice the gap that is in the middle of all; 0 of a history too short to tell. */
function usualGap(points: readonly number[]): number {
  if (points.length < USUAL_MIN) return 0;
  const gaps = points.slice(1).map((time, i) => Math.max(0, time - points[i]!));
  gaps.sort((a, b) => a - b);
  return 2 * gaps[gaps.length >> 1]!;
}
