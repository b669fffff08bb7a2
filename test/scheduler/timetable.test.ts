import t, { type Test } from 'tap';
import { silentLogger, systemRandom } from '../../src/base/index.js';
import { type LastRun, type ScheduleRow, Timetable, type TimetableOptions } from '../../src/scheduler/index.js';
import { VirtualTime } from '../helpers/virtual-time.js';

const HOUR = 3_600_000;
const at = (text: string): number => Date.parse(text);

const DAILY: ScheduleRow = {
  users: ['ana'],
  cron: '0 3 * * *',
  everyMs: undefined,
  kind: 'periodic',
  jitterMs: 0,
  runMissed: true,
};
const SIX_HOURS: ScheduleRow = { ...DAILY, cron: undefined, everyMs: 6 * HOUR };

/** What a vault keeps of the runs that there were. */
class Kept {
  readonly runs: { readonly user: string; readonly kind: string; readonly at: number }[] = [];
  readonly since = new Map<string, number>();

  lastRun(user: string, kind: string, since: number): LastRun {
    const last = this.runs.filter((run) => run.user === user && run.kind === kind && run.at >= since).at(-1)?.at;
    return { last, since: this.since.get(user) };
  }
}

interface Place {
  readonly time: VirtualTime;
  readonly table: Timetable;
  /** `user time` of each run that was begun. */
  readonly begun: string[];
}

function open(
  t: Test,
  start: string,
  rows: readonly ScheduleRow[],
  kept = new Kept(),
  more: Partial<TimetableOptions> = {},
): Place {
  const time = new VirtualTime(at(start));
  const begun: string[] = [];
  const table = new Timetable({
    rows,
    timezone: 'UTC',
    users: async () => [...kept.since.keys()],
    lastRun: async (user, kind, since) => kept.lastRun(user, kind, since),
    run: async (user, kind) => {
      begun.push(`${user} ${new Date(time.now()).toISOString().slice(0, 16)}`);
      kept.runs.push({ user, kind, at: time.now() });
    },
    clock: time,
    timer: time,
    random: systemRandom,
    logger: silentLogger,
    ...more,
  });
  t.teardown(() => table.stop());
  table.start();
  return { time, table, begun };
}

t.test('a cron row runs at its time, each day', async (t) => {
  const kept = new Kept();
  kept.since.set('ana', at('2026-05-01T10:00:00Z'));
  const { time, begun, table } = open(t, '2026-05-01T12:00:00Z', [DAILY], kept);
  await time.to(at('2026-05-01T13:00:00Z'));
  t.match(table.upcoming(), [{ row: DAILY, next: at('2026-05-02T03:00:00Z') }]);
  await time.to(at('2026-05-03T12:00:00Z'));
  t.same(begun, ['ana 2026-05-02T03:00', 'ana 2026-05-03T03:00']);
});

t.test('cron expressions are meant in the time zone, over its changes', async (t) => {
  const { time, begun } = open(t, '2026-03-27T12:00:00Z', [DAILY], new Kept(), { timezone: 'Europe/Madrid' });
  await time.to(at('2026-03-30T12:00:00Z'));
  t.same(begun, ['ana 2026-03-28T02:00', 'ana 2026-03-29T01:00', 'ana 2026-03-30T01:00']);
});

t.test('what was missed is done at the start, once, unless the row says otherwise', async (t) => {
  const kept = new Kept();
  kept.since.set('ana', at('2026-01-01T00:00:00Z'));
  kept.runs.push({ user: 'ana', kind: 'periodic', at: at('2026-04-20T03:00:05Z') });
  const missed = open(t, '2026-05-01T12:00:00Z', [DAILY], kept);
  await missed.time.to(at('2026-05-02T02:00:00Z'));
  t.same(missed.begun, ['ana 2026-05-01T12:00']);
  await missed.table.stop();
  const again = open(t, '2026-05-02T02:00:00Z', [DAILY], kept);
  await again.time.to(at('2026-05-02T04:00:00Z'));
  t.same(again.begun, ['ana 2026-05-02T03:00'], 'what was done before a restart is not done again');
  await again.table.stop();
  const late = open(t, '2026-05-05T12:00:00Z', [{ ...DAILY, runMissed: false }], kept);
  await late.time.to(at('2026-05-06T12:00:00Z'));
  t.same(late.begun, ['ana 2026-05-06T03:00']);
});

t.test('an interval counts from the last run, also of an earlier process', async (t) => {
  const kept = new Kept();
  kept.since.set('ana', 0).set('ben', 0);
  kept.runs.push({ user: 'ana', kind: 'periodic', at: at('2026-05-01T10:00:00Z') });
  const { time, begun } = open(t, '2026-05-01T12:00:00Z', [{ ...SIX_HOURS, users: ['*'] }], kept);
  await time.to(at('2026-05-01T23:00:00Z'));
  t.same(begun, ['ben 2026-05-01T12:00', 'ana 2026-05-01T16:00', 'ben 2026-05-01T18:00', 'ana 2026-05-01T22:00']);
});

t.test('a snapshot of another kind is no run', async (t) => {
  const kept = new Kept();
  kept.since.set('ana', 0);
  kept.runs.push({ user: 'ana', kind: 'manual', at: at('2026-05-01T11:00:00Z') });
  const { time, begun } = open(t, '2026-05-01T12:00:00Z', [SIX_HOURS], kept);
  await time.to(at('2026-05-01T12:01:00Z'));
  t.equal(begun.length, 1);
});

t.test('a run may be late by the jitter, and no more', async (t) => {
  for (const [byte, minutes] of [
    [0, 0],
    [0x80, 5],
    [0xff, 9],
  ] as const) {
    const random = { bytes: (length: number) => new Uint8Array(length).fill(byte) };
    const row = { ...DAILY, jitterMs: 600_000 };
    const { time, begun } = open(t, '2026-05-01T12:00:00Z', [row], new Kept(), { random });
    await time.to(at('2026-05-02T12:00:00Z'));
    t.same(begun, [`ana 2026-05-02T03:0${minutes}`]);
  }
});

t.test('never two at once for one user, and the others do not wait for a long one', async (t) => {
  const kept = new Kept();
  kept.since.set('ana', 0).set('ben', 0);
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const run = (user: string): Promise<void> => {
    begun.push(user);
    return user === 'ana' ? new Promise((end) => ends.push(end)) : Promise.resolve();
  };
  const rows = [
    { ...SIX_HOURS, users: ['*'] },
    { ...DAILY, kind: 'manual' as const, cron: '0 * * * *' },
  ];
  const { time } = open(t, '2026-05-01T12:30:00Z', rows, kept, { run });
  await time.to(at('2026-05-02T12:00:00Z'));
  t.equal(begun.filter((user) => user === 'ana').length, 1);
  t.equal(begun.filter((user) => user === 'ben').length, 4);
  ends[0]!();
  await time.to(at('2026-05-02T13:30:00Z'));
  t.equal(begun.filter((user) => user === 'ana').length, 2);
});

t.test('so many wait for their end at once that the queue is not filled', async (t) => {
  const kept = new Kept();
  for (let user = 0; user < 100; user++) kept.since.set(`u${user}`, 0);
  const waiting: (() => void)[] = [];
  let most = 0;
  let count = 0;
  const run = (): Promise<void> => {
    count++;
    return new Promise((end) => {
      waiting.push(end);
      most = Math.max(most, waiting.length);
    });
  };
  const { time } = open(t, '2026-05-01T12:00:00Z', [{ ...SIX_HOURS, users: ['*'] }], kept, { run });
  await time.to(at('2026-05-01T12:01:00Z'));
  while (waiting.length > 0) {
    waiting.shift()!();
    await time.to(time.now() + 1);
  }
  t.equal(count, 100);
  t.equal(most, 16);
});

t.test('another timetable takes the place of the first, and what is in both goes on', async (t) => {
  const kept = new Kept();
  kept.since.set('ana', at('2026-05-01T11:00:00Z'));
  const { time, table, begun } = open(t, '2026-05-01T12:00:00Z', [DAILY, SIX_HOURS], kept);
  await time.to(at('2026-05-01T16:00:00Z'));
  t.same(begun, []);
  table.replace([SIX_HOURS, { ...DAILY, cron: 'never' }], 'UTC');
  await time.to(at('2026-05-02T03:30:00Z'));
  t.same(begun, ['ana 2026-05-01T17:00', 'ana 2026-05-01T23:00'], 'and a row that is wrong is left out');
  t.equal(table.upcoming().length, 1);
  table.replace([], 'UTC');
  await time.to(at('2026-05-03T12:00:00Z'));
  t.equal(begun.length, 2);
});

t.test('a clock that is set back keeps nobody waiting, one that is set forth runs once', async (t) => {
  const { time, begun } = open(t, '2026-05-01T12:00:00Z', [SIX_HOURS]);
  await time.to(at('2026-05-01T13:00:00Z'));
  t.equal(begun.length, 1);
  time.set(at('2026-05-31T12:00:00Z'));
  await time.to(at('2026-05-31T14:00:00Z'));
  t.equal(begun.length, 2);
  time.set(at('2026-05-01T15:00:00Z'));
  await time.to(at('2026-05-02T15:00:00Z'));
  t.ok(begun.length >= 5 && begun.length <= 6, `${begun.length} runs`);
});

t.test('a look that fails is made again', async (t) => {
  let fails = true;
  const users = async (): Promise<string[]> => {
    if (fails) throw new Error('Not now.');
    return ['ana'];
  };
  const { time, begun } = open(t, '2026-05-01T12:00:00Z', [{ ...SIX_HOURS, users: ['*'] }], new Kept(), { users });
  await time.to(at('2026-05-01T12:30:00Z'));
  fails = false;
  await time.to(at('2026-05-01T14:00:00Z'));
  t.equal(begun.length, 1);
});

t.test('a row that is nobody’s yet sees who comes as soon as it would be their turn', async (t) => {
  const kept = new Kept();
  const row = { ...SIX_HOURS, users: ['*'], everyMs: HOUR / 6 };
  const { time, begun } = open(t, '2026-05-01T12:00:00Z', [row], kept);
  await time.to(at('2026-05-01T12:05:00Z'));
  kept.since.set('ana', time.now());
  await time.to(at('2026-05-01T12:25:00Z'));
  t.match(begun[0], /^ana 2026-05-01T12:(10|15|20)$/);
});
