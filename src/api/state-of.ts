import { BitacoraError } from '../base/index.js';
import type { UserRepository } from '../vault/index.js';
import { type Selected, type Selector, select } from './select.js';

/**
 * The state that a word means: `latest`; `at:` and a time in ISO 8601; `session:` and a session's id; or a snapshot's id or the first
 * 8 or more digits of one.
 *
 * @throws {BitacoraError} `USAGE`, `UNKNOWN_SNAPSHOT`, `UNKNOWN_SESSION`.
 */
export function stateOf(
  repository: Pick<UserRepository, 'snapshots' | 'trees'>,
  word: string,
  now: number,
): Promise<Selected> {
  return select(repository, selectorOf(word), now);
}

function selectorOf(word: string): Selector {
  if (word === 'latest') return { latest: true };
  if (word.startsWith('at:')) return { at: checkedTime(word.slice(3)) };
  if (word.startsWith('session:')) return { session_id: word.slice(8) };
  return { snapshot: word };
}

function checkedTime(text: string): string {
  if (/^\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:\d{2})$/.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw new BitacoraError('USAGE', `"${text}" is no time in ISO 8601 with a zone, such as 2025-03-01T14:30:00Z.`);
}
