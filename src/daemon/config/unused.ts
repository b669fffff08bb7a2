import { lineOf } from './key-lines.js';
import type { ConfigProblem } from './problems.js';

/** Settings that are understood and checked but do nothing yet, and what that means for whoever relies on them. */
const UNUSED: readonly (readonly [key: string, meaning: string])[] = [
  ['backup.storage.secondary', 'there is no second copy yet: everything is in the local vault only'],
  ['backup.storage.s3', 'there is no second copy yet: everything is in the local vault only'],
  ['alerts', 'nobody is alerted yet; watch the exit codes, the log and `bitacora status`'],
];

/** A warning for each of these that the file has. */
export function warnOfUnused(file: unknown, lines: ReadonlyMap<string, number>): ConfigProblem[] {
  return UNUSED.flatMap(([key, meaning]) => {
    const path = find(file, key.split('.'));
    return path ? [{ line: lineOf(lines, path), key, message: `"${key}" does nothing yet: ${meaning}.` }] : [];
  });
}

/** Where the setting stands first, in whichever table of a list; undefined where it is not there, or turns nothing on. */
function find(
  value: unknown,
  [step, ...rest]: readonly string[],
  path: readonly PropertyKey[] = [],
): PropertyKey[] | undefined {
  if (step === undefined) return value === 'none' || value === false ? undefined : [...path];
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const found = find(item, [step, ...rest], [...path, index]);
      if (found) return found;
    }
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
  return find((value as Record<string, unknown>)[step], rest, [...path, step]);
}
