import { BitacoraError } from './errors.js';

/** Steps of a matcher that one name may cost: some ten milliseconds. */
const STEPS_MAX = 1e7;
/** The longest that a name is, and deeper than most paths are. */
const PLACES = 255;
const ANY_DEPTH = /^\*\*+$/;

/**
 * Refuses a pattern that would keep the thread: patterns become regular expressions, which try every way in which what stands
 * between several `*` may lie in a name. At worst there are as many ways as there are choices of so many places.
 *
 * @throws {BitacoraError} `USAGE`.
 */
export function checkPatternCost(pattern: string): void {
  if (!isCostlyPattern(pattern)) return;
  const message = `The pattern "${pattern}" has too many "*" to be tried on every name. Use fewer, or several patterns.`;
  throw new BitacoraError('USAGE', message, { details: { pattern } });
}

/** Whether `checkPatternCost` refuses a pattern. */
export function isCostlyPattern(pattern: string): boolean {
  const names = pattern.replace(/\\./g, 'x').split('/');
  const anyDepth = names.filter((name) => ANY_DEPTH.test(name)).length;
  let steps = waysToPlace(anyDepth);
  for (const name of names) {
    if (ANY_DEPTH.test(name)) continue;
    const stars = (name.match(/\*+/g) ?? []).length;
    // What a last one takes is what is left.
    steps *= waysToPlace(name.endsWith('*') ? stars - 1 : stars);
  }
  return steps > STEPS_MAX;
}

/** Choices of `count` places in rising order. */
function waysToPlace(count: number): number {
  let ways = 1;
  for (let i = 1; i <= count; i++) ways *= (PLACES + i - 1) / i;
  return ways;
}
