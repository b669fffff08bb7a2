import { z } from 'zod';
import { cronProblem } from '../../scheduler/index.js';

const UNITS_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const TIMER_MS_MAX = 2 ** 31 - 1;

/** Leaves of the schema. Whatever is wrong with one, the message is what was expected. */

export function flag(): z.ZodBoolean {
  return z.boolean({ error: 'true or false' });
}

export function whole(min: number, max: number): z.ZodInt {
  const error = `a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}

export function text(what: string): z.ZodString {
  return z.string({ error: what }).min(1, { error: what });
}

export function oneOf<const T extends readonly [string, ...string[]]>(values: T): z.ZodEnum<{ [K in T[number]]: K }> {
  return z.enum(values, {
    error: values
      .map((value) => `"${value}"`)
      .join(', ')
      .replace(/, ([^,]*)$/, ' or $1'),
  });
}

export function listOf<T extends z.ZodType>(item: T, what: string): z.ZodArray<T> {
  return z.array(item, { error: what });
}

/** A program and its arguments. */
export function argv(): z.ZodArray<z.ZodString> {
  const error = 'a program and its arguments, as a list of texts: ["/usr/bin/program", "argument"]';
  return z.array(z.string({ error }), { error }).min(1, { error });
}

/** `"30s"`, `"5m"`, `"2h"`, `"1d"`; milliseconds afterwards. */
export function duration(): z.ZodType<number> {
  const error = 'a time such as "30s", "5m", "2h" or "1d", at most 24 days';
  return z
    .string({ error })
    .regex(/^[0-9]{1,9}[smhd]$/, { error })
    .transform((value) => Number(value.slice(0, -1)) * UNITS_MS[value.at(-1)!]!)
    .refine((ms) => ms > 0 && ms <= TIMER_MS_MAX, { error });
}

/** `"5%"`; a share of one afterwards. */
export function share(): z.ZodType<number> {
  const error = 'a share such as "5%", above 0% and at most 100%';
  return z
    .string({ error })
    .regex(/^[0-9]{1,3}(\.[0-9]+)?%$/, { error })
    .transform((value) => Number.parseFloat(value) / 100)
    .refine((part) => part > 0 && part <= 1, { error });
}

/** A path; made absolute by whoever knows where the file lies. */
export function path(): z.ZodString {
  const error = 'a path';
  return z
    .string({ error })
    .min(1, { error })
    .regex(/^[^\0]*$/, { error });
}

export function userName(): z.ZodString {
  const error = 'a user id: 1 to 128 of A-Z a-z 0-9 . _ @ + -, beginning with a letter or digit';
  return z.string({ error }).regex(/^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$/, { error });
}

/** Some users, or with `["*"]` all of them. */
export function userNames(): z.ZodArray<z.ZodType<string>> {
  return listOf(userName().or(z.literal('*')), 'a list of user ids, or ["*"]');
}

/** A name as the header `Host` has it, without a port. */
export function hostName(): z.ZodString {
  const error = 'the name of a host such as "backup.example.org"';
  return z.string({ error }).regex(/^(\[[0-9a-fA-F:.]+\]|[0-9A-Za-z]([0-9A-Za-z.-]*[0-9A-Za-z])?)$/, { error });
}

/** Of 10^9 bytes. */
export function gigabytes(): z.ZodNumber {
  const error = 'a number of gigabytes above 0';
  return z.number({ error }).positive({ error });
}

/** When something is to be done, as cron has it. */
export function cron(): z.ZodString {
  const error = 'a cron expression such as "0 3 * * *", whose time comes some day';
  return z.string({ error }).refine((text) => cronProblem(text) === undefined, { error });
}

/** A name of the time zone database. */
export function timezone(): z.ZodString {
  const error = 'a time zone such as "Europe/Madrid" or "UTC"';
  return z.string({ error }).refine(isTimezone, { error });
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
