import fc from 'fast-check';
import t from 'tap';
import { Calendar, DAY_MS, decide, type RetainedSnapshot, type SnapshotDecision } from '../../../src/upkeep/index.js';
import { POLICY, snapshot } from './histories.js';

const START = Date.parse('2020-01-01T00:00Z');
const HOUR_MS = 3_600_000;
const SCOPES = ['path:/a', 'path:/b', 'collection:c', 'session:1', 'session:2'];
const CALENDAR = new Calendar('Europe/Madrid');

/** Gaps between snapshots, so that times rise; or times as they come. */
function histories(rising: boolean): fc.Arbitrary<RetainedSnapshot[]> {
  const one = fc.record({
    gap: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 24 * 60 })),
    scopes: fc.subarray(SCOPES),
    ended: fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.subarray(SCOPES) }),
    kind: fc.constantFrom('session_end', 'periodic', 'manual', 'critical'),
    pinned: fc.boolean(),
    forgotten: fc.boolean(),
    takenBack: fc.boolean(),
    leap: fc.integer({ min: -60 * 24, max: 60 * 24 }),
    leaps: fc.integer({ min: 0, max: 9 }),
  });
  return fc.array(one, { maxLength: 60 }).map((all) => {
    let time = START;
    return all.map(({ gap, leap, leaps, scopes, ended, kind, ...marks }, i) => {
      time += gap * HOUR_MS;
      const captured = Math.max(0, rising || leaps > 0 ? time : time + leap * HOUR_MS);
      const rare = (flag: boolean) => flag && i % 7 === 0;
      return snapshot(`${i}`, captured, {
        scopes,
        ended,
        kind,
        pinned: rare(marks.pinned),
        forgotten: rare(marks.forgotten),
        takenBack: rare(marks.takenBack),
      });
    });
  });
}

const nows = fc.integer({ min: 0, max: 6 * 365 }).map((days) => START + days * DAY_MS);

function ask(snapshots: readonly RetainedSnapshot[], now: number): SnapshotDecision[] {
  return decide({ snapshots, policy: POLICY, now, calendar: CALENDAR });
}

function keptIds(decisions: readonly SnapshotDecision[]): string[] {
  return decisions.filter(({ keep }) => keep).map(({ snapshot: { id } }) => id);
}

/** The history once the decision is in the log. */
function after(snapshots: readonly RetainedSnapshot[], keep: readonly string[], pruned: boolean): RetainedSnapshot[] {
  const marked = snapshots.map((one) => ({ ...one, forgotten: one.forgotten || !keep.includes(one.id) }));
  return pruned ? marked.filter(({ forgotten }) => !forgotten) : marked;
}

/** Scopes that live as the log has it, with the id of the newest capture. */
function living(snapshots: readonly RetainedSnapshot[]): Map<string, string> {
  const newest = new Map<string, string>();
  for (const { id, scopes, ended, forgotten } of snapshots) {
    if (forgotten) continue;
    for (const scope of ended) newest.delete(scope);
    for (const scope of scopes) newest.set(scope, id);
  }
  return newest;
}

t.test('the same question again keeps all that was kept, be the rest only forgotten or pruned', (t) => {
  fc.assert(
    fc.property(histories(true), nows, fc.boolean(), (history, now, pruned) => {
      const keep = keptIds(ask(history, now));
      const again = keptIds(ask(after(history, keep, pruned), now));
      // An end whose captures are all gone has nothing left to say.
      const lost = keep.filter((id) => !again.includes(id));
      t.ok(pruned || lost.length === 0);
      const ends = lost.every((id) => history.find((one) => one.id === id)!.ended.length > 0);
      if (!ends) throw new Error(`lost ${lost.join()}`);
    }),
    { numRuns: 300 },
  );
  t.end();
});

t.test('later nothing is kept that was let go before', (t) => {
  fc.assert(
    fc.property(histories(true), fc.array(nows, { minLength: 2, maxLength: 2 }), (history, times) => {
      const last = Math.max(START, ...history.map(({ captured }) => captured));
      const [early, late] = times.map((time) => last + (time - START)).sort((a, b) => a - b);
      const then = keptIds(ask(history, early!));
      for (const id of keptIds(ask(history, late!))) if (!then.includes(id)) throw new Error(`kept ${id} again`);
    }),
    { numRuns: 300 },
  );
  t.pass();
  t.end();
});

t.test('the newest capture of a living path or collection stays, and no scope that has ended comes back', (t) => {
  fc.assert(
    fc.property(histories(true), nows, fc.boolean(), (history, age, pruned) => {
      const now = Math.max(age, ...history.map(({ captured }) => captured));
      const before = living(history);
      const left = living(after(history, keptIds(ask(history, now)), pruned));
      for (const [scope, id] of before) {
        if (!scope.startsWith('session:') && left.get(scope) !== id) throw new Error(`${scope} lost ${id}`);
      }
      for (const scope of left.keys()) if (!before.has(scope)) throw new Error(`${scope} is back`);
    }),
    { numRuns: 500 },
  );
  t.pass();
  t.end();
});

t.test('whatever the clock did, what is pinned, taken back, ahead of now or younger than every rule stays', (t) => {
  fc.assert(
    fc.property(histories(false), nows, (history, now) => {
      const keep = new Set(keptIds(ask(history, now)));
      for (const { id, captured, pinned, takenBack, forgotten } of history) {
        if (forgotten) continue;
        const young = captured > now - POLICY.sessionDays * DAY_MS;
        if ((pinned || takenBack || young) && !keep.has(id)) throw new Error(`let go of ${id}`);
      }
    }),
    { numRuns: 500 },
  );
  t.pass();
  t.end();
});

t.test('snapshots dated in the future change nothing for the others', (t) => {
  fc.assert(
    fc.property(histories(true), histories(true), nows, (history, more, age) => {
      const now = Math.max(age, ...history.map(({ captured }) => captured));
      const ahead = more.map((one) => ({ ...one, id: `ahead ${one.id}`, captured: one.captured + now, ended: [] }));
      const alone = keptIds(ask(history, now));
      const mixed = history.flatMap((one, i) => [one, ...(ahead[i] ? [ahead[i]] : [])]);
      const beside = keptIds(ask(mixed, now)).filter((id) => !id.startsWith('ahead'));
      // An end may have to stay besides, for what it ends lies ahead.
      for (const id of alone) if (!beside.includes(id)) throw new Error(`lost ${id}`);
      const ended = (id: string) => history.find((one) => one.id === id)!.ended.length > 0;
      for (const id of beside) if (!alone.includes(id) && !ended(id)) throw new Error(`kept ${id}`);
    }),
    { numRuns: 300 },
  );
  t.pass();
  t.end();
});
