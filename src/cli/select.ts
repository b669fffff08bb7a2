import { BitacoraError, formatTime, isoTime } from '../base/index.js';
import type { Manifest, ScopeRecord } from '../format/index.js';
import { foldAt, type Snapshot, type Snapshots } from '../snapshot/index.js';
import { parseTime } from './parse-time.js';

export interface SelectorFlags {
  readonly latest?: boolean;
  readonly snapshot?: string;
  readonly at?: string;
}

/** A state of a user that somebody asked for. */
export interface Selected {
  readonly scopes: readonly ScopeRecord[];
  /** The snapshots that it is folded from, in log order. */
  readonly from: readonly Snapshot[];
  /** The time asked for, milliseconds since 1970; undefined for one snapshot. */
  readonly at: number | undefined;
}

/** Throws `USAGE` unless there is one selector, or none where `--latest` is meant then. */
export function checkSelectors(flags: SelectorFlags, options: { readonly needed: boolean }): void {
  const given = [flags.latest, flags.snapshot, flags.at].filter((flag) => flag !== undefined).length;
  if (given === 1 || (given === 0 && !options.needed)) return;
  const problem = given === 0 ? 'Say which state is wanted' : 'Only one state can be asked for';
  throw new BitacoraError('USAGE', `${problem}: --latest, --snapshot ID or --at TIME.`);
}

/**
 * Finds the state that the options mean; no option is `--latest`.
 *
 * @throws {BitacoraError} `USAGE`; `UNKNOWN_SNAPSHOT`, also when there was nothing yet at that time.
 */
export async function select(snapshots: Snapshots, flags: SelectorFlags, now: number): Promise<Selected> {
  if (flags.snapshot !== undefined) {
    const found = await snapshots.find(flags.snapshot);
    return { scopes: found.manifest.scopes, from: [found], at: undefined };
  }
  const at = flags.at === undefined ? Number.POSITIVE_INFINITY : parseTime(flags.at, now, 'end');
  const all = new Map<Manifest, Snapshot>();
  for (const snapshot of (await snapshots.list()).reverse()) all.set(snapshot.manifest, snapshot);
  const fold = foldAt(all.keys(), at);
  if (fold.scopes.length === 0) throw nothingThen(flags.at, at, [...all.values()][0]);
  return {
    scopes: fold.scopes.map(({ scope }) => scope),
    from: fold.manifests.map((manifest) => all.get(manifest)!),
    at: flags.at === undefined ? now : at,
  };
}

function nothingThen(asked: string | undefined, at: number, first: Snapshot | undefined): BitacoraError {
  if (first === undefined) {
    return new BitacoraError('UNKNOWN_SNAPSHOT', 'There is no snapshot yet. `bitacora backup` takes one.');
  }
  const when = asked === undefined ? '' : ` at ${formatTime(at)}`;
  const text = `Nothing was captured yet${when}: the first snapshot is of ${formatTime(first.time)}. \`bitacora list\` shows all.`;
  return new BitacoraError('UNKNOWN_SNAPSHOT', text, { details: { first: first.id, first_time: isoTime(first.time) } });
}

/** What a document says of the selection. */
export function selectionFields({ at, from }: Selected): Record<string, unknown> {
  return { at: at === undefined ? null : isoTime(at), folded_from: from.map(({ id }) => id) };
}
