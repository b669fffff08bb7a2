import type { Output } from './output.js';
import { countOf } from './units.js';

const SHOWN = 20;

/** A problem of one item, with the item's path in it. */
export function problemText(path: string, message: string): string {
  return message.includes(path) ? message : `"${path}": ${message}`;
}

/** Items that something went wrong with, for people: the first few, then how many more. */
export function sayProblems(output: Output, count: number, messages: readonly string[], one: string): void {
  for (const message of messages.slice(0, SHOWN)) output.message(message);
  const more = count - Math.min(SHOWN, messages.length);
  if (more > 0) output.message(`and ${countOf(more, one)} more; --json lists them`);
}
