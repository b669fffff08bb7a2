import { BitacoraError, formatTime, isoTime } from '../base/index.js';
import type { Manifest, ScopeRecord } from '../format/index.js';
import { foldAt, type Snapshot, withoutOvertaken } from '../snapshot/index.js';
import type { UserRepository } from '../vault/index.js';

/** Which state of a user is meant; none of them is `latest`. */
export interface Selector {
  readonly latest?: boolean | undefined;
  /** An id, or the first 8 or more digits of one. */
  readonly snapshot?: string | undefined;
  /** ISO 8601. */
  readonly at?: string | undefined;
}

/** A state of a user that somebody asked for. */
export interface Selected {
  readonly scopes: readonly ScopeRecord[];
  /** The snapshots that it is folded from, in log order. */
  readonly from: readonly Snapshot[];
  /** The time asked for, milliseconds since 1970; undefined for one snapshot. */
  readonly at: number | undefined;
}

/**
 * Finds the state that a selector means. The codecs must be loaded: where scopes lie in each other, trees are looked into.
 *
 * @param now - What `latest` says of itself.
 * @throws {BitacoraError} `USAGE` for more than one; `UNKNOWN_SNAPSHOT`, also when there was nothing yet at that time.
 */
export async function select(
  { snapshots, trees }: Pick<UserRepository, 'snapshots' | 'trees'>,
  selector: Selector,
  now: number,
): Promise<Selected> {
  const { latest, snapshot: id, at: asked } = selector;
  if ([latest === true, id !== undefined, asked !== undefined].filter(Boolean).length > 1) {
    throw new BitacoraError('USAGE', 'Only one state can be asked for: "latest", "snapshot" or "at".');
  }
  if (id !== undefined) {
    const found = await snapshots.find(id);
    return { scopes: found.manifest.scopes, from: [found], at: undefined };
  }
  const at = asked === undefined ? Number.POSITIVE_INFINITY : Date.parse(asked);
  const all = new Map<Manifest, Snapshot>();
  for (const snapshot of (await snapshots.list()).reverse()) all.set(snapshot.manifest, snapshot);
  const whole = foldAt(all.keys(), at);
  if (whole.scopes.length === 0) throw nothingThen(asked, at, [...all.values()][0]);
  const fold = await withoutOvertaken(whole, trees);
  return {
    scopes: fold.scopes.map(({ scope }) => scope),
    from: fold.manifests.map((manifest) => all.get(manifest)!),
    at: asked === undefined ? now : at,
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

/** What a document says of the selection; the two lists go together. */
export function selectionFields({ at, from }: Selected): {
  at: string | null;
  folded_from: string[];
  folded_from_times: string[];
} {
  return {
    at: at === undefined ? null : isoTime(at),
    folded_from: from.map(({ id }) => id),
    folded_from_times: from.map(({ time }) => isoTime(time)),
  };
}
