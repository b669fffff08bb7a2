export const DAY_MS = 86_400_000;

/** How long captures live, days. */
export interface RetentionPolicy {
  /** Every capture of a session, counted from its last one; of other scopes every capture, counted from itself. */
  readonly sessionDays: number;
  /** The last capture of a scope in each day, week, month. */
  readonly dailyDays: number;
  readonly weeklyDays: number;
  readonly monthlyDays: number;
  /** Snapshots that somebody asked for, whatever came behind them. */
  readonly manualDays: number;
  readonly criticalDays: number;
}

/** As a configuration gives it: kinds that it says nothing of are kept as daily ones are, and no shorter than this. */
export type GivenPolicy = Omit<RetentionPolicy, 'manualDays' | 'criticalDays'> & {
  readonly [key in 'manualDays' | 'criticalDays']: number | undefined;
};
const ASKED_DAYS_MIN = 30;

export const DEFAULT_POLICY: RetentionPolicy = completePolicy({
  sessionDays: 30,
  dailyDays: 90,
  weeklyDays: 365,
  monthlyDays: 1825,
  manualDays: undefined,
  criticalDays: undefined,
});

export function completePolicy(given: GivenPolicy): RetentionPolicy {
  const asked = Math.max(given.dailyDays, ASKED_DAYS_MIN);
  return { ...given, manualDays: given.manualDays ?? asked, criticalDays: given.criticalDays ?? asked };
}

/** The longest that any rule of the policy keeps a capture. */
export function longestDays(policy: RetentionPolicy): number {
  return Math.max(...Object.values(policy));
}
