import type { Calendar, Periods } from './calendar.js';
import type { RetainedSnapshot, RetentionRule } from './history.js';
import { DAY_MS, type RetentionPolicy } from './policy.js';

/** A rule that keeps a capture, and until when; null: no time ends it. */
export interface RuleUntil {
  readonly rule: RetentionRule;
  readonly until: number | null;
}

/** A scope as one snapshot captured it. */
export interface Capture {
  readonly scope: string;
  readonly rules: readonly RuleUntil[];
}

export interface ScopeRulesOptions {
  readonly snapshots: readonly RetainedSnapshot[];
  readonly policy: RetentionPolicy;
  readonly calendar: Calendar;
  /** Whether the time of the snapshot at this place is believed. */
  isBelieved(index: number): boolean;
}

const SESSION_PREFIX = 'session:';
const TIERS = ['daily', 'weekly', 'monthly'] as const;
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
    for (const [place, given] of rules) captures[place]!.push({ scope, rules: given });
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

function* ofSession(
  { snapshots, policy, ...options }: ScopeRulesOptions,
  places: readonly number[],
): Generator<[number, RuleUntil[]]> {
  const newest = places.at(-1)!;
  const last = Math.max(...places.map((place) => snapshots[place]!.captured));
  for (const place of places) {
    const rules: RuleUntil[] = [{ rule: 'recent', until: last + policy.sessionDays * DAY_MS }];
    if (place === newest) rules.push(...tierRules({ snapshots, policy, ...options }, place, TIERS));
    yield [place, [...rules, ...askedRules(snapshots[place]!, policy)]];
  }
}

function* ofOther(
  options: ScopeRulesOptions,
  places: readonly number[],
  lastEnd = -1,
): Generator<[number, RuleUntil[]]> {
  const { snapshots, policy, calendar } = options;
  const newest = places.at(-1)!;
  const isAlive = lastEnd <= newest;
  const lastOf = new Map<string, number>();
  const periods = places.map((place) => calendar.periodsOf(snapshots[place]!.captured));
  places.forEach((place, i) => {
    for (const tier of TIERS) lastOf.set(`${tier} ${periods[i]![PERIOD_OF[tier]]}`, place);
  });
  for (const [i, place] of places.entries()) {
    const snapshot = snapshots[place]!;
    const tiers = TIERS.filter((tier) => lastOf.get(`${tier} ${periods[i]![PERIOD_OF[tier]]}`) === place);
    const rules: RuleUntil[] = [{ rule: 'recent', until: snapshot.captured + policy.sessionDays * DAY_MS }];
    if (place === newest && isAlive) rules.push({ rule: 'newest', until: null });
    yield [place, [...rules, ...tierRules(options, place, tiers), ...askedRules(snapshot, policy)]];
  }
}

function tierRules(
  { snapshots, policy }: ScopeRulesOptions,
  place: number,
  tiers: readonly (typeof TIERS)[number][],
): RuleUntil[] {
  const { captured } = snapshots[place]!;
  return tiers.map((tier) => ({ rule: tier, until: captured + policy[`${tier}Days`] * DAY_MS }));
}

function askedRules({ kind, captured }: RetainedSnapshot, policy: RetentionPolicy): RuleUntil[] {
  if (kind === 'manual') return [{ rule: kind, until: captured + policy.manualDays * DAY_MS }];
  if (kind === 'critical') return [{ rule: kind, until: captured + policy.criticalDays * DAY_MS }];
  return [];
}
