import type { Calendar } from './calendar.js';
import { neededEnds } from './ends.js';
import type { RetainedSnapshot, RetentionRule } from './history.js';
import { inOrder } from './order.js';
import { DAY_MS, longestDays, type RetentionPolicy } from './policy.js';
import { type RetentionReason, scopeRules } from './scope-rules.js';

export interface CaptureDecision {
  readonly scope: string;
  readonly keep: boolean;
  readonly reasons: readonly RetentionReason[];
}

export interface SnapshotDecision {
  readonly snapshot: RetainedSnapshot;
  readonly keep: boolean;
  /** What concerns the snapshot as a whole. */
  readonly reasons: readonly RetentionReason[];
  readonly captures: readonly CaptureDecision[];
}

export interface RetentionQuestion {
  /** All that the log has, forgotten ones included, in its order. */
  readonly snapshots: readonly RetainedSnapshot[];
  readonly policy: RetentionPolicy;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly calendar: Calendar;
}

/** Clocks of one machine differ by no more than this from one look to the next. */
const FUTURE_SLACK_MS = 60_000;

/**
 * What of a user's history is kept and what is let go, and why. Each capture of a scope is looked at by itself; a snapshot stays while
 * any of its captures does. What lies in the future or was written out of order takes nobody's place and stays. Pure: the same
 * question has the same answer, and asked again of what was kept it keeps all of that.
 *
 * @returns a decision for each snapshot that is not forgotten, in log order.
 */
export function decide({ snapshots, policy, now, calendar }: RetentionQuestion): SnapshotDecision[] {
  const believed = believable(snapshots, now);
  const reason = (rule: RetentionRule, until: number | null) => ({ rule, until, holds: until === null || now < until });
  const isBelieved = (index: number) => believed[index] === 'yes';
  const ofScopes = scopeRules({ snapshots, policy, calendar, reason, isBelieved });
  const next = nextBelieved(snapshots, believed);
  const decisions = snapshots.map((snapshot, index): SnapshotDecision => {
    const reasons: RetentionReason[] = [];
    if (snapshot.pinned) reasons.push(reason('pinned', null));
    if (snapshot.takenBack) reasons.push(reason('taken_back', null));
    if (believed[index] === 'future') reasons.push(reason('future', null));
    if (believed[index] === 'out_of_order') {
      const then = next[index];
      reasons.push(reason('out_of_order', then === undefined ? null : then + longestDays(policy) * DAY_MS));
    }
    if (snapshot.scopes.length === 0 && believed[index] === 'yes')
      reasons.push(...ofNothing(snapshot, policy).map(([rule, until]) => reason(rule, until)));
    const captures = ofScopes[index]!.map((capture): CaptureDecision => {
      return { scope: capture.scope, keep: capture.reasons.some(holds), reasons: capture.reasons };
    });
    const keep = reasons.some(holds) || captures.some((capture) => capture.keep);
    return { snapshot, keep, reasons, captures };
  });
  const ends = neededEnds(snapshots);
  return decisions.flatMap((decision, index) => {
    if (decision.snapshot.forgotten) return [];
    if (!ends.has(index)) return [decision];
    return [{ ...decision, keep: true, reasons: [...decision.reasons, reason('end', null)] }];
  });
}

function holds(reason: RetentionReason): boolean {
  return reason.holds;
}

/** A snapshot that says no more than that there was nothing to capture. */
function ofNothing({ kind, captured }: RetainedSnapshot, policy: RetentionPolicy): [RetentionRule, number][] {
  const after = (days: number) => captured + days * DAY_MS;
  const rules: [RetentionRule, number][] = [['recent', after(policy.sessionDays)]];
  if (kind === 'manual') rules.push(['manual', after(policy.manualDays)]);
  if (kind === 'critical') rules.push(['critical', after(policy.criticalDays)]);
  return rules;
}

type Belief = 'yes' | 'future' | 'out_of_order';

function believable(snapshots: readonly RetainedSnapshot[], now: number): Belief[] {
  const beliefs = snapshots.map(({ captured }): Belief => (captured > now + FUTURE_SLACK_MS ? 'future' : 'yes'));
  const past = [...beliefs.keys()].filter((index) => beliefs[index] === 'yes');
  const order = inOrder(past.map((index) => snapshots[index]!.captured));
  past.forEach((index, i) => {
    if (!order[i]) beliefs[index] = 'out_of_order';
  });
  return beliefs;
}

/** For each snapshot the time of the next one behind it that is believed: no later was it written. */
function nextBelieved(snapshots: readonly RetainedSnapshot[], beliefs: readonly Belief[]): (number | undefined)[] {
  const next = new Array<number | undefined>(snapshots.length);
  let then: number | undefined;
  for (let index = snapshots.length - 1; index >= 0; index--) {
    next[index] = then;
    if (beliefs[index] === 'yes') then = snapshots[index]!.captured;
  }
  return next;
}
