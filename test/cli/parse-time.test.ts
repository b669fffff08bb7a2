import t from 'tap';
import { isBitacoraError, isoTime } from '../../src/base/index.js';
import { parseTime, type TimeBound } from '../../src/cli/parse-time.js';

process.env.TZ = 'Europe/Madrid';
const NOW = Date.parse('2025-03-31T12:34:56.789+02:00');

function told(text: string, bound: TimeBound = 'start'): string {
  return isoTime(parseTime(text, NOW, bound));
}

t.test('parseTime() reads ISO 8601, local without a zone', async (t) => {
  for (const [text, expected] of [
    ['2025-03-01T14:30:05.123Z', '2025-03-01T15:30:05.123+01:00'],
    ['2025-03-01T14:30:05+05:30', '2025-03-01T10:00:05.000+01:00'],
    ['2025-03-01T14:30:05-0130', '2025-03-01T17:00:05.000+01:00'],
    ['2025-03-01 14:30', '2025-03-01T14:30:00.000+01:00'],
    ['2025-07-01 14:30:05', '2025-07-01T14:30:05.000+02:00'],
    ['2025-07-01T14:30:05,5', '2025-07-01T14:30:05.500+02:00'],
    ['  2025-07-01  ', '2025-07-01T00:00:00.000+02:00'],
  ] as const) {
    t.equal(told(text), expected, text);
  }
});

t.test('parseTime() takes a day, or a second, for all of itself', async (t) => {
  t.equal(told('2025-03-30', 'start'), '2025-03-30T00:00:00.000+01:00');
  t.equal(told('2025-03-30', 'end'), '2025-03-30T23:59:59.999+02:00', 'a day of 23 hours');
  t.equal(told('2025-03-01 14:30:05', 'end'), '2025-03-01T14:30:05.999+01:00', 'as a listing shows it');
  t.equal(told('2025-03-01 14:30:05.5', 'end'), '2025-03-01T14:30:05.500+01:00');
  t.equal(told('2025-03-01 14:30', 'end'), '2025-03-01T14:30:00.000+01:00', 'a minute is a moment');
  t.equal(told('yesterday', 'end'), '2025-03-30T23:59:59.999+02:00');
});

t.test('parseTime() counts back from now', async (t) => {
  for (const [text, expected] of [
    ['now', '2025-03-31T12:34:56.789+02:00'],
    ['30 seconds ago', '2025-03-31T12:34:26.789+02:00'],
    ['90 min ago', '2025-03-31T11:04:56.789+02:00'],
    ['2 hours ago', '2025-03-31T10:34:56.789+02:00'],
    ['an hour ago', '2025-03-31T11:34:56.789+02:00'],
    ['2 days ago', '2025-03-29T12:34:56.789+01:00'],
    ['A Week ago', '2025-03-24T12:34:56.789+01:00'],
    ['1 month ago', '2025-02-28T12:34:56.789+01:00'],
    ['13 months ago', '2024-02-29T12:34:56.789+01:00'],
    ['1 year ago', '2024-03-31T12:34:56.789+02:00'],
    ['today', '2025-03-31T00:00:00.000+02:00'],
    ['today 09:05', '2025-03-31T09:05:00.000+02:00'],
    ['yesterday at 18:30', '2025-03-30T18:30:00.000+02:00'],
    ['yesterday 6:07:08', '2025-03-30T06:07:08.000+02:00'],
  ] as const) {
    t.equal(told(text), expected, text);
  }
});

t.test('parseTime() refuses what it would have to guess, with examples', async (t) => {
  for (const text of [
    '',
    '01/02/2025',
    '1.2.2025',
    '12:30',
    'tuesday',
    'last week',
    'in 2 hours',
    '2 hours',
    '2025-02-30',
    '2025-13-01',
    '2025-01-01T24:00',
    '2025-01-01T12:60',
    'yesterday 25:00',
    '1712345678',
    '-1 days ago',
    '2025-1-1',
    '2025-01-01T10:00Zulu',
  ]) {
    try {
      t.fail(`${text} was read as ${told(text)}`);
    } catch (error) {
      t.ok(isBitacoraError(error, 'USAGE'), `"${text}"`);
      t.match(error, { message: /Not a time: ".*"\. Write it like "2025-03-01", .*"2 hours ago"/ });
    }
  }
});
