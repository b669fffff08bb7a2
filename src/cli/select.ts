import type { Selector } from '../api/index.js';
import { BitacoraError, isoTime } from '../base/index.js';
import { parseTime } from './parse-time.js';

export interface SelectorFlags {
  readonly latest?: boolean;
  readonly snapshot?: string;
  readonly at?: string;
}

/**
 * The selector that the options mean; none is `--latest`.
 *
 * @throws {BitacoraError} `USAGE` unless there is one, or none where that will do.
 */
export function readSelector(flags: SelectorFlags, now: number, options: { readonly needed: boolean }): Selector {
  const given = [flags.latest, flags.snapshot, flags.at].filter((flag) => flag !== undefined).length;
  if (given > 1 || (given === 0 && options.needed)) {
    const problem = given === 0 ? 'Say which state is wanted' : 'Only one state can be asked for';
    throw new BitacoraError('USAGE', `${problem}: --latest, --snapshot ID or --at TIME.`);
  }
  if (flags.snapshot !== undefined) return { snapshot: flags.snapshot };
  return flags.at === undefined ? { latest: true } : { at: isoTime(parseTime(flags.at, now, 'end')) };
}
