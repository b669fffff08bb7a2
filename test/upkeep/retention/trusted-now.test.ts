import t from 'tap';
import { DAY_MS, trustedNow } from '../../../src/upkeep/index.js';

const T = Date.parse('2026-01-01T00:00Z');
const day = (days: number) => T + days * DAY_MS;

/** A process that opened the vault on one day and is asked on another; `ran` days passed for it in between. */
function ask(opened: number, now: number, seen: readonly number[], ran = now - opened) {
  return trustedNow({
    reading: { wall: day(now), monotonic: 5000 + ran * DAY_MS },
    opened: { wall: day(opened), monotonic: 5000 },
    seen: seen.map(day),
  });
}

t.test('a clock that goes on as the log has it is believed', (t) => {
  t.same(ask(10, 10, [1, 3, 9.9]), { now: day(10), held: undefined });
  t.same(ask(10, 10, []), { now: day(10), held: undefined });
  t.same(ask(10, 10, [2.1]), { now: day(10), held: undefined }, 'a week without anything is nothing strange');
  t.end();
});

t.test('a leap forward that nobody lived through holds everything until the clock has gone on for a week', (t) => {
  const leap = { from: day(9), to: day(2200), until: day(2207) };
  t.same(ask(10, 2200, [1, 9], 0), { now: day(9), held: leap });
  t.same(ask(2200, 2200, [1, 9]).held, leap, 'also for a process that was started behind it');
  t.same(ask(2200, 2206.9, [1, 9, 2200, 2201]).held, leap);
  t.same(ask(2200, 2206.9, [1, 9, 2200, 2201]).now, day(15.9), 'the last time seen and the uptime since');
  t.same(ask(2200, 2207.1, [1, 9, 2200, 2201]), { now: day(2207.1), held: undefined });
  t.equal(ask(2201, 2206, [1, 9, 2200, 2205], 0.1).held?.until, day(2207), 'however often it was started');
  t.end();
});

t.test('a long silence that the process lived through is no leap', (t) => {
  t.equal(ask(10, 60, [1, 9]).held, undefined, 'it ran all the while');
  t.equal(ask(40, 60, [1, 9]).held, undefined, 'it has run for a week since');
  t.not(ask(57, 60, [1, 9]).held, undefined, 'it has not');
  t.not(ask(10, 60, [1, 9], 3).held, undefined, 'its clock was set');
  t.end();
});

t.test('whoever comes once a month is not held each time, and a leap of years is one all the same', (t) => {
  t.equal(ask(120, 120, [0, 30, 60, 90]).held, undefined);
  t.equal(ask(170, 170, [0, 30, 60, 90, 120]).held, undefined);
  t.not(ask(190, 190, [0, 30, 60, 90, 120]).held, undefined);
  t.not(ask(60, 60, [0, 30]).held, undefined, 'twice is no habit');
  t.not(ask(2200, 2200, [0, 1, 2, 3, 4, 2190]).held, undefined);
  t.end();
});

t.test('a clock that leaps to where it was before has to go on for a week anew', (t) => {
  const before = [1, 2, 3, 2190, 2191, 4, 5, 6, 7, 8, 9, 10];
  t.same(ask(2199, 2199, before).held, { from: day(10), to: day(2199), until: day(2206) });
  t.not(ask(2199, 2200, [...before, 2199]).held, undefined);
  t.equal(ask(11, 11, before).held, undefined);
  t.end();
});

t.test('a clock that was set back is what it says, and what lies ahead of it is no evidence', (t) => {
  t.same(ask(40, 10, [1, 9, 40], 0), { now: day(10), held: undefined });
  t.same(ask(2200, 12, [1, 9, 2200, 11], 1), { now: day(12), held: undefined });
  t.end();
});
