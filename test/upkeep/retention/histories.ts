import {
  Calendar,
  completePolicy,
  decide,
  type RetainedSnapshot,
  type RetentionPolicy,
} from '../../../src/upkeep/index.js';

export const POLICY: RetentionPolicy = completePolicy({
  sessionDays: 30,
  dailyDays: 90,
  weeklyDays: 365,
  monthlyDays: 1825,
  manualDays: undefined,
  criticalDays: undefined,
});

/** A snapshot of `path:/a` unless said otherwise. @param time - ISO 8601. */
export function snapshot(id: string, time: string | number, more: Partial<RetainedSnapshot> = {}): RetainedSnapshot {
  const captured = typeof time === 'number' ? time : Date.parse(time);
  return {
    id,
    kind: 'periodic',
    entry: { seq: 1, hash: new Uint8Array(32) },
    time: captured,
    session: null,
    captured,
    scopes: ['path:/a'],
    ended: [],
    pinned: false,
    forgotten: false,
    forgottenAt: undefined,
    givenUp: false,
    takenBack: false,
    ...more,
  };
}

export interface Asked {
  readonly now: string | number;
  readonly zone?: string;
  readonly policy?: Partial<RetentionPolicy>;
}

/** Each snapshot that is kept, as `id: rules that hold`; rules of captures behind those of the snapshot, each once. */
export function kept(snapshots: readonly RetainedSnapshot[], { now, zone = 'UTC', policy = {} }: Asked): string[] {
  const question = {
    snapshots,
    policy: { ...POLICY, ...policy },
    now: typeof now === 'number' ? now : Date.parse(now),
    calendar: new Calendar(zone),
  };
  return decide(question)
    .filter(({ keep }) => keep)
    .map(({ snapshot, reasons, captures }) => {
      const all = [...reasons, ...captures.flatMap((capture) => capture.reasons)].filter(({ holds }) => holds);
      return `${snapshot.id}: ${[...new Set(all.map(({ rule }) => rule))].join(' ')}`;
    });
}
