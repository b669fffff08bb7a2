import type { UserRepository } from '../vault/index.js';
import { type Selected, select } from './select.js';

/**
 * The state that a word means: `latest`, or a snapshot's id or the first 8 or more digits of one.
 *
 * @throws {BitacoraError} `USAGE`, `UNKNOWN_SNAPSHOT`.
 */
export function stateOf(repository: UserRepository, word: string, now: number): Promise<Selected> {
  return select(repository, word === 'latest' ? { latest: true } : { snapshot: word }, now);
}
