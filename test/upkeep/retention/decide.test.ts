import t from 'tap';
import { kept, snapshot } from './histories.js';

/** Only what the tiers keep: nothing is kept just for being young. */
const TIERS_ONLY = { sessionDays: 0 };

t.test('a session’s captures live for a while after its last one, then the newest alone', (t) => {
  const session = { scopes: ['session:s'], kind: 'session_end' } as const;
  const history = [
    snapshot('a', '2026-01-01T10:00Z', session),
    snapshot('b', '2026-01-20T10:00Z', session),
    snapshot('c', '2026-01-25T09:00Z', session),
    snapshot('other', '2026-01-26T09:00Z', { ...session, scopes: ['session:t'] }),
  ];
  t.same(kept(history, { now: '2026-02-24T08:59Z' }), [
    'a: recent',
    'b: recent',
    'c: recent daily weekly monthly',
    'other: recent daily weekly monthly',
  ]);
  // 30 days after the last of that session, whatever other sessions do.
  t.same(kept(history, { now: '2026-02-24T09:00Z' }), [
    'c: daily weekly monthly',
    'other: recent daily weekly monthly',
  ]);
  t.same(kept(history, { now: '2026-04-25T08:59Z' })[0], 'c: daily weekly monthly');
  t.same(kept(history, { now: '2026-04-25T09:00Z' })[0], 'c: weekly monthly');
  t.same(kept(history, { now: '2027-01-25T09:00Z' })[0], 'c: monthly');
  t.same(kept(history, { now: '2031-01-24T08:59Z' })[0], 'c: monthly');
  t.same(kept(history, { now: '2031-01-24T09:00Z' }), ['other: monthly']);
  t.same(kept(history, { now: '2031-02-01T09:00Z' }), []);
  t.end();
});

t.test('many sessions a day keep one capture each', (t) => {
  const history = Array.from({ length: 50 }, (_, i) =>
    snapshot(`${i}`, Date.parse('2026-03-01T08:00Z') + i * 600_000, {
      scopes: [`session:${i % 25}`],
      kind: 'session_end',
    }),
  );
  t.equal(kept(history, { now: '2026-03-20T00:00Z' }).length, 50);
  const later = kept(history, { now: '2026-05-01T00:00Z' });
  t.same(
    later,
    Array.from({ length: 25 }, (_, i) => `${25 + i}: daily weekly monthly`),
  );
  t.end();
});

t.test('of a path the last of each day, week and month live on, and the newest whatever its age', (t) => {
  const at = (...times: string[]) => times.map((time) => snapshot(time, `${time}:00Z`));
  const history = at('2026-01-01T08', '2026-01-01T20', '2026-01-02T08', '2026-01-05T08', '2026-02-01T08');
  t.same(
    kept(history, { now: '2026-03-03T09:00Z' }),
    [
      '2026-01-01T20: daily',
      '2026-01-02T08: daily weekly',
      '2026-01-05T08: daily weekly monthly',
      '2026-02-01T08: recent newest daily weekly monthly',
    ].map((line) => line.replace('recent ', '')),
  );
  t.same(kept(history, { now: '2026-05-05T09:00Z' }), [
    '2026-01-02T08: weekly',
    '2026-01-05T08: weekly monthly',
    '2026-02-01T08: newest weekly monthly',
  ]);
  t.same(kept(history, { now: '2027-02-03T09:00Z' }), ['2026-01-05T08: monthly', '2026-02-01T08: newest monthly']);
  t.same(kept(history, { now: '2040-01-01T00:00Z' }), ['2026-02-01T08: newest']);
  t.end();
});

t.test('a sparse history keeps what it has as long as each says', (t) => {
  const history = ['2020-02-29', '2022-06-15', '2025-12-31'].map((day) => snapshot(day, `${day}T12:00Z`));
  t.same(kept(history, { now: '2025-02-27T11:59Z' }), [
    '2020-02-29: monthly',
    '2022-06-15: newest monthly',
    '2025-12-31: future',
  ]);
  t.same(kept(history, { now: '2026-01-01T00:00Z' }), [
    '2022-06-15: monthly',
    '2025-12-31: recent newest daily weekly monthly',
  ]);
  t.end();
});

t.test('a scope that has ended keeps its newest no longer than the tiers do', (t) => {
  const history = [
    snapshot('a', '2020-01-01T00:00Z'),
    snapshot('end', '2020-01-02T00:00Z', { scopes: [], ended: ['path:/a'] }),
  ];
  t.same(
    kept(history, { now: '2020-02-01T00:00Z' }),
    ['a: daily weekly monthly', 'end: recent end'].slice(0, 1).concat('end: end'),
  );
  t.same(kept(history, { now: '2024-12-29T23:00Z' }), ['a: monthly', 'end: end']);
  // The end stays for as long as a capture is in the log that it ends.
  t.same(kept(history, { now: '2030-01-01T00:00Z' }), ['end: end']);
  t.same(kept([{ ...history[0]!, forgotten: true }, history[1]!], { now: '2030-01-01T00:00Z' }), ['end: end']);
  t.same(kept([{ ...history[0]!, forgotten: true, givenUp: true }, history[1]!], { now: '2030-01-01T00:00Z' }), []);
  t.same(kept([history[1]!], { now: '2030-01-01T00:00Z' }), []);
  t.same(kept([...history, snapshot('again', '2021-01-01T00:00Z')], { now: '2030-01-01T00:00Z' }), [
    'end: end',
    'again: newest',
  ]);
  // A forgotten end ends nothing.
  t.same(kept([history[0]!, { ...history[1]!, forgotten: true }], { now: '2030-01-01T00:00Z' }), ['a: newest']);
  t.end();
});

t.test('of two ends with no capture between them the first is enough', (t) => {
  const end = (id: string, time: string) => snapshot(id, time, { scopes: [], ended: ['path:/a'] });
  const history = [
    snapshot('a', '2020-01-01T00:00Z'),
    end('one', '2020-01-02T00:00Z'),
    end('two', '2020-01-03T00:00Z'),
  ];
  t.same(kept(history, { now: '2021-06-01T00:00Z' }), ['a: monthly', 'one: end']);
  t.end();
});

t.test('the end of a collection stays while there are sessions that may hold items of it', (t) => {
  const end = snapshot('end', '2020-02-01T00:00Z', { scopes: [], ended: ['collection:c'] });
  const session = snapshot('s', '2020-01-01T00:00Z', { scopes: ['session:s'] });
  t.same(kept([session, end], { now: '2021-06-01T00:00Z' }), ['s: monthly', 'end: end']);
  t.same(kept([end, { ...session, captured: end.captured + 1 }], { now: '2021-06-01T00:00Z' }), ['s: monthly']);
  t.end();
});

t.test('a snapshot stays while any of its captures does', (t) => {
  const both = { scopes: ['session:s', 'path:/a'] };
  const history = [
    snapshot('a', '2026-01-01T00:00Z', both),
    snapshot('b', '2026-01-01T01:00Z', { scopes: ['session:s'] }),
  ];
  t.same(kept(history, { now: '2030-01-01T00:00Z' }), ['a: newest monthly', 'b: monthly']);
  t.end();
});

t.test('what somebody asked for lives as its kind says, whatever came behind it', (t) => {
  const history = [
    snapshot('m', '2026-01-01T10:00Z', { kind: 'manual' }),
    snapshot('c', '2026-01-01T11:00Z', { kind: 'critical' }),
    snapshot('p', '2026-01-01T12:00Z'),
  ];
  t.same(kept(history, { now: '2026-04-01T09:59Z' }).slice(0, 2), ['m: manual', 'c: critical']);
  t.same(kept(history, { now: '2026-04-01T10:30Z' }), ['c: critical', 'p: newest daily weekly monthly']);
  const short = { dailyDays: 1, manualDays: 30, criticalDays: 400, sessionDays: 1 };
  t.same(kept(history, { now: '2026-01-31T09:00Z', policy: short })[0], 'm: manual');
  t.same(kept(history, { now: '2027-02-04T10:00Z', policy: short })[0], 'c: critical');
  t.end();
});

t.test('a snapshot of nothing lives for a while', (t) => {
  const nothing = [snapshot('n', '2026-01-01T00:00Z', { scopes: [], kind: 'session_end' })];
  t.same(kept(nothing, { now: '2026-01-30T00:00Z' }), ['n: recent']);
  t.same(kept(nothing, { now: '2026-01-31T00:00Z' }), []);
  t.end();
});

t.test('pins keep all, and so does having been wanted back', (t) => {
  const history = [
    snapshot('pinned', '2010-01-01T10:00Z', { pinned: true }),
    snapshot('back', '2010-01-01T11:00Z', { takenBack: true }),
    snapshot('gone', '2010-01-01T12:00Z', { forgotten: true }),
    snapshot('b', '2020-01-01T12:00Z'),
  ];
  t.same(kept(history, { now: '2030-01-01T00:00Z' }), ['pinned: pinned', 'back: taken_back', 'b: newest']);
  t.end();
});

t.test('what lies in the future stays, takes nobody’s place and ends nothing', (t) => {
  const history = [
    snapshot('a', '2026-01-01T10:00Z'),
    snapshot('ahead', '2032-01-01T10:00Z'),
    snapshot('end ahead', '2032-01-01T11:00Z', { scopes: [], ended: ['path:/a'] }),
    snapshot('b', '2026-01-01T20:00Z'),
  ];
  t.same(kept(history, { now: '2030-06-01T00:00Z' }), ['ahead: future', 'end ahead: future end', 'b: newest monthly']);
  t.end();
});

t.test('what was written out of order stays, takes nobody’s place, and goes after the longest tier', (t) => {
  const back = [
    snapshot('z', '2026-02-28T10:00Z'),
    snapshot('a', '2026-03-01T10:00Z'),
    // The clock was set back for a while.
    snapshot('x', '2026-01-30T10:00Z'),
    snapshot('b', '2026-03-01T12:00Z'),
    snapshot('c', '2026-03-02T12:00Z'),
  ];
  t.same(kept(back, { now: '2026-04-15T00:00Z' }), [
    'z: daily monthly',
    'x: out_of_order',
    'b: daily weekly',
    'c: newest daily weekly monthly',
  ]);
  t.same(kept(back, { now: '2031-02-28T11:00Z' })[0], 'x: out_of_order');
  t.same(kept(back, { now: '2031-02-28T13:00Z' }), ['c: newest monthly']);
  const forward = [
    snapshot('a', '2026-03-01T10:00Z'),
    snapshot('x', '2026-03-31T10:00Z'),
    snapshot('b', '2026-03-01T12:00Z'),
    snapshot('c', '2026-03-02T12:00Z'),
  ];
  t.same(kept(forward, { now: '2026-04-15T00:00Z' })[0], 'x: out_of_order');
  // With nothing behind it that could be believed, nobody knows when it was.
  t.same(kept([snapshot('a', 100 * 86_400_000), snapshot('b', 101 * 86_400_000), snapshot('x', 0)], { now: 1e14 }), [
    'b: newest',
    'x: out_of_order',
  ]);
  t.end();
});

t.test('a clock that was set back by minutes misleads nobody', (t) => {
  const history = [
    snapshot('a', '2026-03-01T10:10Z'),
    snapshot('b', '2026-03-01T10:00Z'),
    snapshot('c', '2026-03-01T10:05Z'),
  ];
  t.same(kept(history, { now: '2026-06-15T00:00Z' }), ['c: newest weekly monthly']);
  t.end();
});

t.test('golden tables of days, weeks and months in time zones', (t) => {
  const table: [zone: string, times: string[], daily: string[], why: string][] = [
    [
      'Europe/Madrid',
      [
        '2026-03-28T22:59Z',
        '2026-03-28T23:00Z',
        '2026-03-29T00:59Z',
        '2026-03-29T01:00Z',
        '2026-03-29T21:59Z',
        '2026-03-29T22:00Z',
      ],
      ['2026-03-28T22:59Z', '2026-03-29T21:59Z', '2026-03-29T22:00Z'],
      'the day of 23 hours: UTC+1 before, UTC+2 behind',
    ],
    [
      'Europe/Madrid',
      [
        '2026-10-24T21:59Z',
        '2026-10-24T22:00Z',
        '2026-10-25T00:30Z',
        '2026-10-25T01:30Z',
        '2026-10-25T22:59Z',
        '2026-10-25T23:00Z',
      ],
      ['2026-10-24T21:59Z', '2026-10-25T22:59Z', '2026-10-25T23:00Z'],
      'the day of 25 hours, half past two twice',
    ],
    [
      'America/Sao_Paulo',
      ['2018-11-04T02:59Z', '2018-11-04T03:00Z', '2018-11-05T01:59Z', '2018-11-05T02:00Z'],
      ['2018-11-04T02:59Z', '2018-11-05T01:59Z', '2018-11-05T02:00Z'],
      'a day without midnight',
    ],
    [
      'Pacific/Apia',
      ['2011-12-30T09:59Z', '2011-12-30T10:00Z', '2011-12-31T09:59Z', '2011-12-31T10:00Z'],
      ['2011-12-30T09:59Z', '2011-12-31T09:59Z', '2011-12-31T10:00Z'],
      'the day that was left out',
    ],
    [
      'Asia/Kathmandu',
      ['2026-05-01T18:14Z', '2026-05-01T18:15Z'],
      ['2026-05-01T18:14Z', '2026-05-01T18:15Z'],
      'a zone of quarter hours',
    ],
    [
      'Pacific/Kiritimati',
      ['2026-05-01T09:59Z', '2026-05-01T10:00Z'],
      ['2026-05-01T09:59Z', '2026-05-01T10:00Z'],
      '14 hours ahead',
    ],
    [
      'UTC',
      ['2028-02-28T23:59Z', '2028-02-29T00:00Z', '2028-02-29T23:59Z', '2028-03-01T00:00Z'],
      ['2028-02-28T23:59Z', '2028-02-29T23:59Z', '2028-03-01T00:00Z'],
      'a leap day',
    ],
    [
      'UTC',
      ['2100-02-28T12:00Z', '2100-03-01T00:00Z'],
      ['2100-02-28T12:00Z', '2100-03-01T00:00Z'],
      'a year that is no leap year',
    ],
  ];
  for (const [zone, times, daily, why] of table) {
    const history = times.map((time) => snapshot(time, time));
    const now = Date.parse(times.at(-1)!) + 3_600_000;
    const found = kept(history, { now, zone, policy: TIERS_ONLY });
    t.same(
      found.filter((line) => / daily/.test(line)).map((line) => line.slice(0, 17)),
      daily,
      `${zone}: ${why}`,
    );
  }
  t.end();
});

t.test('weeks begin on Mondays, also across a new year, and months are the calendar’s', (t) => {
  const days = ['2026-12-27', '2026-12-28', '2026-12-31', '2027-01-01', '2027-01-03', '2027-01-04'];
  const history = days.map((day) => snapshot(day, `${day}T12:00Z`));
  const policy = { sessionDays: 0, dailyDays: 0 };
  t.same(kept(history, { now: '2027-01-05T00:00Z', policy }), [
    '2026-12-27: weekly',
    '2026-12-31: monthly',
    '2027-01-03: weekly',
    '2027-01-04: newest weekly monthly',
  ]);
  t.end();
});
