import { BitacoraError } from '../base/index.js';

/**
 * Which end of an imprecise time is meant. A day, or a second, stands for all of itself: `start` for a lower bound, `end`
 * for an upper one, so that a time copied from a listing finds what the listing showed.
 */
export type TimeBound = 'start' | 'end';

const UNIT_MS: Readonly<Record<string, number>> = {
  second: 1000,
  sec: 1000,
  minute: 60_000,
  min: 60_000,
  hour: 3_600_000,
};
const UNIT_DAYS: Readonly<Record<string, number>> = { day: 1, week: 7 };
const UNIT_MONTHS: Readonly<Record<string, number>> = { month: 1, year: 12 };

const DATE_AND_TIME =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d{2}:?\d{2})?)?$/i;
const AGO = /^(\d{1,6}|an?)\s*(second|sec|minute|min|hour|day|week|month|year)s?\s+ago$/;
const DAY_NAME = /^(today|yesterday)(?:\s+(?:at\s+)?(\d{1,2}):(\d{2})(?::(\d{2}))?)?$/;

/**
 * Reads a moment as people write it, in local time where no zone is given: ISO 8601, `2025-03-01`, `2025-03-01 14:30`,
 * `2 hours ago`, `yesterday`, `today 09:00`, `now`.
 *
 * @param now - Milliseconds since 1970, what relative forms count from.
 * @returns Milliseconds since 1970.
 * @throws {BitacoraError} `USAGE` for any other form, with examples: nothing is guessed.
 */
export function parseTime(text: string, now: number, bound: TimeBound): number {
  const wanted = text.trim();
  const time = parseDate(wanted, bound) ?? parseWords(wanted.toLowerCase(), now, bound);
  if (time !== undefined && Number.isFinite(time)) return time;
  throw new BitacoraError(
    'USAGE',
    `Not a time: "${text}". Write it like "2025-03-01", "2025-03-01 14:30", "2025-03-01T14:30:00+01:00", "2 hours ago" or "yesterday".`,
  );
}

function parseDate(text: string, bound: TimeBound): number | undefined {
  const match = DATE_AND_TIME.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, fraction, zone] = match;
  const fields = [year, month, day, hour ?? 0, minute ?? 0, second ?? 0].map(Number) as Fields;
  if (!isReal(fields)) return undefined;
  if (hour === undefined) return dayOf(fields, bound);
  const ms = fraction === undefined ? 0 : Math.floor(Number(`0.${fraction}`) * 1000);
  const whole = zone === undefined ? localTime(fields) : Date.UTC(...monthFirst(fields)) - offsetMs(zone);
  const slack = bound === 'end' && second !== undefined && fraction === undefined ? 999 : 0;
  return whole + ms + slack;
}

/** Year, month from 1, day, hour, minute, second. */
type Fields = [number, number, number, number, number, number];

/** Refuses the 30th of February and the 25th hour, which `Date` would carry over. */
function isReal(fields: Fields): boolean {
  const [year, month, day, hour, minute, second] = fields;
  const date = new Date(Date.UTC(year, month - 1, day));
  const dayIsReal = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return dayIsReal && hour < 24 && minute < 60 && second < 60;
}

function monthFirst([year, month, ...rest]: Fields): Fields {
  return [year, month - 1, ...rest];
}

function localTime(fields: Fields): number {
  return new Date(...monthFirst(fields)).getTime();
}

function offsetMs(zone: string): number {
  if (zone.toUpperCase() === 'Z') return 0;
  const digits = zone.replace(':', '');
  const minutes = Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3, 5));
  return (digits[0] === '-' ? -minutes : minutes) * 60_000;
}

/** Days are not always 24 hours long, so the next one is asked of the calendar. */
function dayOf([year, month, day]: Fields, bound: TimeBound): number {
  if (bound === 'start') return localTime([year, month, day, 0, 0, 0]);
  return localTime([year, month, day + 1, 0, 0, 0]) - 1;
}

function parseWords(text: string, now: number, bound: TimeBound): number | undefined {
  if (text === 'now') return now;
  const ago = AGO.exec(text);
  if (ago) return before(now, /^an?$/.test(ago[1]!) ? 1 : Number(ago[1]), ago[2]!);
  const named = DAY_NAME.exec(text);
  if (!named) return undefined;
  const date = new Date(now);
  const daysBack = named[1] === 'yesterday' ? 1 : 0;
  const day: Fields = [date.getFullYear(), date.getMonth() + 1, date.getDate() - daysBack, 0, 0, 0];
  if (named[2] === undefined) return dayOf(day, bound);
  const [hour, minute, second] = [named[2], named[3], named[4] ?? 0].map(Number) as [number, number, number];
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const slack = bound === 'end' && named[4] !== undefined ? 999 : 0;
  return localTime([day[0], day[1], day[2], hour, minute, second]) + slack;
}

/** Days and longer keep the hour of the clock; a month before the 31st ends on that month's last day. */
function before(now: number, count: number, unit: string): number {
  const ms = UNIT_MS[unit];
  if (ms !== undefined) return now - count * ms;
  const date = new Date(now);
  const days = UNIT_DAYS[unit];
  if (days !== undefined) return date.setDate(date.getDate() - count * days);
  const day = date.getDate();
  date.setDate(1);
  date.setMonth(date.getMonth() - count * UNIT_MONTHS[unit]!);
  const last = new Date(date.getFullYear(), date.getMonth() + 1, 0).getDate();
  return date.setDate(Math.min(day, last));
}
