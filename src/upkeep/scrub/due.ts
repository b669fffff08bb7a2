import { compareBytes } from '../../base/index.js';
import type { ListedPack } from './scan-pack.js';

const DAY_MS = 86_400_000;
/** Every byte is read once in this time. */
export const PERIOD_MS = 30 * DAY_MS;
/** What was missed while nothing ran is not made up for all at once. */
const QUOTAS_MAX = 4;
/** Nobody was looked after for longer than this at once. */
const SINCE_MS_MAX = 7 * DAY_MS;

export interface DueOptions {
  /** When a pack was last found sound, milliseconds since 1970; undefined where that is not known. */
  checkedAt(pack: ListedPack): number | undefined;
  readonly now: number;
  /** The last round; undefined for the first. */
  readonly lastRound: number | undefined;
  /** The part of all bytes that a round reads; left out, as much of the period as has passed since the last. */
  readonly share?: number | undefined;
}

/**
 * The packs that a round of the timetable reads, those first that were not read for longest: so many bytes that everything is read once in the period,
 * and what is overdue besides, as far as that is not too much for one round.
 */
export function packsDue(packs: readonly ListedPack[], { checkedAt, now, lastRound, share }: DueOptions): ListedPack[] {
  // A time that is still to come was noted by a clock that was wrong.
  const known = (time: number | undefined) => (time === undefined || time > now ? Number.NEGATIVE_INFINITY : time);
  const aged = packs.map((pack) => ({ pack, time: known(checkedAt(pack)) }));
  aged.sort((a, b) => a.time - b.time || compareBytes(a.pack.hash, b.pack.hash));
  const since = lastRound === undefined || lastRound > now ? DAY_MS : Math.min(now - lastRound, SINCE_MS_MAX);
  const bytes = packs.reduce((sum, { length }) => sum + length, 0);
  const quota = bytes * (share ?? Math.min(1, since / PERIOD_MS));
  const chosen: ListedPack[] = [];
  let got = 0;
  for (const { pack, time } of aged) {
    const overdue = Number.isFinite(time) && now - time > PERIOD_MS;
    if (got >= quota && !(overdue && got < quota * QUOTAS_MAX)) break;
    chosen.push(pack);
    got += pack.length;
  }
  return chosen;
}
