import t from 'tap';
import type { Clock } from '../../src/base/index.js';
import { createProgress, type ProgressMode, progressText } from '../../src/cli/progress-line.js';

function setUp(mode: ProgressMode, terminal: { isTTY: boolean; columns?: number }) {
  let now = 0;
  const clock: Clock = { now: () => now, monotonic: () => now };
  const written: string[] = [];
  const display = createProgress(mode, { ...terminal, write: (text: string) => written.push(text) }, clock);
  const at = (ms: number, phase = 'backup', files = ms): void => {
    now = ms;
    display.sink({ phase, files, bytes: ms * 1024 });
  };
  return { display, written, at };
}

t.test('auto shows a line on a terminal once a phase passes a second, five times a second at most', async (t) => {
  const { display, written, at } = setUp('auto', { isTTY: true, columns: 40 });
  for (let ms = 0; ms < 1000; ms += 50) at(ms);
  t.same(written, []);
  for (let ms = 1000; ms < 2000; ms += 50) at(ms);
  t.equal(written.length, 5);
  t.equal(written[0], '\r\x1b[Kbackup  1,000 files  0.98 MiB  0.98 Mi…');
  t.ok(written.every((line) => line.length <= 39 + '\r\x1b[K'.length));
  display.clear();
  t.equal(written.at(-1), '\r\x1b[K');
  display.clear();
  t.equal(written.length, 6, 'what is clear is not cleared again');
});

t.test('a terminal without a width is taken for one of 80 columns', async (t) => {
  const { written, at } = setUp('auto', { isTTY: true, columns: 0 });
  at(0);
  at(1200);
  t.equal(written[0], '\r\x1b[Kbackup  1,200 files  1.17 MiB  0.98 MiB/s');
});

t.test('a new phase takes the line of the last one away and starts over', async (t) => {
  const { written, at } = setUp('bar', { isTTY: false });
  at(0);
  at(1500);
  at(1600, 'verify');
  t.equal(written.length, 2);
  t.equal(written[1], '\r\x1b[K');
  at(2500, 'verify');
  t.equal(written.length, 2);
  at(2700, 'verify');
  t.match(written[2], /verify/);
});

t.test('auto shows nothing elsewhere, and none nothing at all', async (t) => {
  for (const [mode, isTTY] of [
    ['auto', false],
    ['none', true],
  ] as const) {
    const { written, at } = setUp(mode, { isTTY });
    at(0);
    at(5000);
    t.same(written, []);
  }
});

t.test('json writes one event a line, from the first', async (t) => {
  const { written, at } = setUp('json', { isTTY: false });
  at(0);
  at(100);
  at(250);
  t.equal(written.length, 2);
  const events = written.map((line) => JSON.parse(line));
  const about = { event: 'progress', phase: 'backup' };
  t.same(events[0], { ...about, files: 0, bytes: 0, elapsed_ms: 0, bytes_per_second: 0 });
  t.same(events[1], { ...about, files: 250, bytes: 256_000, elapsed_ms: 250, bytes_per_second: 1_024_000 });
});

t.test('json tells what is left, and whether the totals are guesses', async (t) => {
  let now = 0;
  const written: string[] = [];
  const clock: Clock = { now: () => now, monotonic: () => now };
  const { sink } = createProgress('json', { isTTY: false, write: (text: string) => written.push(text) }, clock);
  const totals = { filesTotal: 4, bytesTotal: 4000, totalsAreGuesses: true };
  for (const bytes of [0, 1000, 5000]) {
    sink({ phase: 'backup', files: 1, bytes, ...totals });
    now += 1000;
  }
  const events = written.map((line) => JSON.parse(line));
  t.same(
    events.map(({ left_ms: left }) => left),
    [undefined, 3000, undefined],
    'nothing is said at the beginning, nor when there is more than was guessed',
  );
  t.match(events[1], { files_total: 4, bytes_total: 4000, totals_are_guesses: true });
});

t.test('progressText() has a bar, a rate and what is left where the total is known', async (t) => {
  const known = { phase: 'restore', files: 5, filesTotal: 10, bytes: 2 ** 20, bytesTotal: 4 * 2 ** 20 };
  t.equal(
    progressText(known, 2000),
    'restore  [#####---------------] 25 %  5 of 10 files  1.00 MiB  512 KiB/s  6.0 s left',
  );
  t.equal(
    progressText({ ...known, phase: 'backup', totalsAreGuesses: true }, 2000),
    'backup  [#####---------------] about 25 %  5 of about 10 files  1.00 MiB  512 KiB/s  about 6.0 s left',
  );
  t.equal(
    progressText({ phase: 'backup', files: 5, bytes: 2 ** 20, current: '/a\u001b[2J' }, 1000),
    'backup  5 files  1.00 MiB  1.00 MiB/s  /a\\x1b[2J',
  );
});
