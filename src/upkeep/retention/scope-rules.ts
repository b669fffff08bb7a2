import type { Calendar, Periods } from './calendar.js';
import type { RetainedSnapshot, RetentionRule } from './history.js';
import { DAY_MS, type RetentionPolicy } from './policy.js';

/** A rule that keeps something. */
export interface RetentionReason {
  readonly rule: RetentionRule;
  /** Milliseconds since 1970; null where no time ends it. */
  readonly until: number | null;
  /** Whether it still keeps. */
  readonly holds: boolean;
}

/** A scope as one snapshot captured it. */
export interface Capture {
  readonly scope: string;
  readonly reasons: readonly RetentionReason[];
}

export interface ScopeRulesOptions {
  readonly snapshots: readonly RetainedSnapshot[];
  readonly policy: RetentionPolicy;
  readonly calendar: Calendar;
  /** Makes a reason of a rule and its end. */
  reason(rule: RetentionRule, until: number | null): RetentionReason;
  /** Whether the time of the snapshot at this place is believed. */
  isBelieved(index: number): boolean;
}

const SESSION_PREFIX = 'session:';
const TIERS = ['daily', 'weekly', 'monthly'] as const;
const DAYS_OF = { daily: 'dailyDays', weekly: 'weeklyDays', monthly: 'monthlyDays' } as const;
const PERIOD_OF = { daily: 'day', weekly: 'week', monthly: 'month' } as const satisfies Record<string, keyof Periods>;

/**
 * The rules for each capture of each snapshot. A session's captures live on for a while after its last one, then the newest alone
 * through the tiers. Of other scopes every capture lives for the same while, then the last of each period, and the newest for as long
 * as the scope has not ended.
 */
export function scopeRules(options: ScopeRulesOptions): Capture[][] {
  const { snapshots } = options;
  const captures = snapshots.map(() => [] as Capture[]);
  const ends = lastEnds(options);
  for (const [scope, places] of placesByScope(options)) {
    const rules = scope.startsWith(SESSION_PREFIX)
      ? ofSession(options, places)
      : ofOther(options, places, ends.get(scope));
    for (const [place, given] of rules) captures[place]!.push({ scope, reasons: given });
  }
  return captures;
}

/** Where each scope was captured, in log order; what is forgotten or not believed takes nobody's place. */
function placesByScope({ snapshots, isBelieved }: ScopeRulesOptions): Map<string, number[]> {
  const places = new Map<string, number[]>();
  snapshots.forEach(({ scopes, forgotten }, place) => {
    if (forgotten || !isBelieved(place)) return;
    for (const scope of new Set(scopes)) {
      const known = places.get(scope);
      if (known) known.push(place);
      else places.set(scope, [place]);
    }
  });
  return places;
}

/** Where each scope was last said to have ended. */
function lastEnds({ snapshots, isBelieved }: ScopeRulesOptions): Map<string, number> {
  const ends = new Map<string, number>();
  snapshots.forEach(({ ended, forgotten }, place) => {
    if (!forgotten && isBelieved(place)) for (const scope of ended) ends.set(scope, place);
  });
  return ends;
}

function* ofSession(options: ScopeRulesOptions, places: readonly number[]): Generator<[number, RetentionReason[]]> {
  const { snapshots, policy, reason } = options;
  const newest = places.at(-1)!;
  let last = 0;
  for (const place of places) last = Math.max(last, snapshots[place]!.captured);
  for (const place of places) {
    const reasons = [reason('recent', last + policy.sessionDays * DAY_MS)];
    if (place === newest) for (const tier of TIERS) reasons.push(ofTier(options, place, tier));
    addAsked(options, place, reasons);
    yield [place, reasons];
  }
}

function* ofOther(
  options: ScopeRulesOptions,
  places: readonly number[],
  lastEnd = -1,
): Generator<[number, RetentionReason[]]> {
  const { snapshots, policy, calendar, reason } = options;
  const newest = places.at(-1)!;
  const isAlive = lastEnd <= newest;
  let periods = calendar.periodsOf(snapshots[places[0]!]!.captured);
  for (const [i, place] of places.entries()) {
    const { captured } = snapshots[place]!;
    const behind = places[i + 1];
    const next = behind === undefined ? undefined : calendar.periodsOf(snapshots[behind]!.captured);
    const reasons = [reason('recent', captured + policy.sessionDays * DAY_MS)];
    if (place === newest && isAlive) reasons.push(reason('newest', null));
    for (const tier of TIERS) {
      // A clock that was set back by minutes does not begin the period anew.
      if (!next || next[PERIOD_OF[tier]] > periods[PERIOD_OF[tier]]) reasons.push(ofTier(options, place, tier));
    }
    addAsked(options, place, reasons);
    yield [place, reasons];
    if (next) periods = latest(periods, next);
  }
}

function latest(a: Periods, b: Periods): Periods {
  return { day: Math.max(a.day, b.day), week: Math.max(a.week, b.week), month: Math.max(a.month, b.month) };
}

function ofTier(
  { snapshots, policy, reason }: ScopeRulesOptions,
  place: number,
  tier: (typeof TIERS)[number],
): RetentionReason {
  return reason(tier, snapshots[place]!.captured + policy[DAYS_OF[tier]] * DAY_MS);
}

function addAsked({ snapshots, policy, reason }: ScopeRulesOptions, place: number, reasons: RetentionReason[]): void {
  const { kind, captured } = snapshots[place]!;
  if (kind === 'manual') reasons.push(reason(kind, captured + policy.manualDays * DAY_MS));
  if (kind === 'critical') reasons.push(reason(kind, captured + policy.criticalDays * DAY_MS));
}
