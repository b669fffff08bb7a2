import type { Selector } from '../api/index.js';
import { BitacoraError, isoTime } from '../base/index.js';
import { parseTime } from './parse-time.js';

export interface SelectorFlags {
  readonly latest?: boolean;
  readonly snapshot?: string;
  readonly at?: string;
  readonly session?: string;
}

/** Whether any of the options was given. */
export function hasSelector({ latest, snapshot, at, session }: SelectorFlags): boolean {
  return [latest, snapshot, at, session].some((flag) => flag !== undefined);
}

/**
 * The selector that the options mean; none is `--latest`. A session may be asked for with a time.
 *
 * @throws {BitacoraError} `USAGE` unless there is one, or none where that will do.
 */
export function readSelector(flags: SelectorFlags, now: number, options: { readonly needed: boolean }): Selector {
  const { latest, snapshot, at, session } = flags;
  const states = [latest, snapshot, at].filter((flag) => flag !== undefined).length;
  const tooMany = states > 1 || (session !== undefined && snapshot !== undefined);
  if (tooMany || (!hasSelector(flags) && options.needed)) {
    const problem = tooMany ? 'Only one state can be asked for' : 'Say which state is wanted';
    const states = '--latest, --snapshot ID, --at TIME, or --session ID with or without --at';
    throw new BitacoraError('USAGE', `${problem}: ${states}.`);
  }
  if (snapshot !== undefined) return { snapshot };
  const then = at === undefined ? undefined : isoTime(parseTime(at, now, 'end'));
  if (session !== undefined) return { session_id: session, ...(then === undefined ? {} : { at: then }) };
  return then === undefined ? { latest: true } : { at: then };
}

/** A word for a state as the API takes it: a time after `at:` may be given as in `--at`. */
export function readState(word: string, now: number): string {
  return word.startsWith('at:') ? `at:${isoTime(parseTime(word.slice(3), now, 'end'))}` : word;
}
