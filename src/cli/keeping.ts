import { formatTime } from '../base/index.js';

/** What of an answer says how long a snapshot is kept. */
export interface Kept {
  readonly kept_by: readonly string[];
  readonly kept_until: string | null;
}

const WORDS: Readonly<Record<string, string>> = {
  taken_back: 'taken back',
  end: 'ends a scope',
  out_of_order: 'out of order',
};

/** `newest`, `weekly until 2026-03-01`; `-` for what nothing keeps. */
export function keptText({ kept_by: [rule], kept_until: until }: Kept): string {
  if (rule === undefined) return '-';
  return `${ruleText(rule)}${until === null ? '' : ` until ${dayText(until)}`}`;
}

export function ruleText(rule: string): string {
  return WORDS[rule] ?? rule;
}

/** The local day of a time. */
export function dayText(iso: string): string {
  return formatTime(Date.parse(iso)).slice(0, 10);
}
