import { BitacoraError } from '../base/index.js';

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** Reads `500`, `64K`, `1.5G`, `2GiB` as bytes; the units are powers of 1024. Throws `USAGE`. */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?$/i.exec(text.trim());
  const bytes = match ? Math.floor(Number(match[1]) * UNITS[match[2]!.toUpperCase()]!) : Number.NaN;
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new BitacoraError('USAGE', `Not a size: "${text}". Give bytes, or a number with K, M, G or T, such as 500M.`);
}

/** Reads a whole number in [least, most]. Throws `USAGE`; `what` names the option. */
export function parseWhole(text: string, what: string, least: number, most: number): number {
  const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new BitacoraError('USAGE', `${what} takes a whole number from ${least} to ${most}, not "${text}".`);
}

const THREADS_MAX = 64;

/** The value of `--threads`. Throws `USAGE`. */
export function parseThreads(text: string): number {
  return parseWhole(text, '--threads', 0, THREADS_MAX);
}
