import { BitacoraError, formatTime, isoTime } from '../base/index.js';
import type { Manifest, ScopeRecord } from '../format/index.js';
import { type Fold, foldAt, type Snapshot, withoutOvertaken } from '../snapshot/index.js';
import type { UserRepository } from '../vault/index.js';
import { History } from './history.js';
import { unknownSession } from './unknown-session.js';

/** Which state of a user is meant; none of them is `latest`. A session may be asked for as it is, or as it was at a time. */
export interface Selector {
  readonly latest?: boolean | undefined;
  /** An id, or the first 8 or more digits of one. */
  readonly snapshot?: string | undefined;
  /** ISO 8601. */
  readonly at?: string | undefined;
  /** The scope of this session alone. */
  readonly session_id?: string | undefined;
}

/** A scope of a state, and what captured it. */
export interface SelectedScope {
  readonly record: ScopeRecord;
  /** End of the capture, milliseconds since 1970. */
  readonly captured: number;
  /** Of two scopes the larger is of the newer snapshot. */
  readonly position: number;
}

/** A state of a user that somebody asked for. */
export interface Selected {
  /** All its scopes, of paths, streams and records, in order of their names. */
  readonly scopes: readonly SelectedScope[];
  /** What had ended by then, with the position of what ended it. */
  readonly ended: readonly { readonly scope: string; readonly position: number }[];
  /** The snapshots that it is folded from, in log order. */
  readonly from: readonly Snapshot[];
  /** The time asked for, milliseconds since 1970; undefined for one snapshot. */
  readonly at: number | undefined;
  readonly session: string | undefined;
  /** Scopes of which there was a newer capture by that time, or any, that has been forgotten since. */
  readonly thinned: readonly string[];
}

/**
 * Finds the state that a selector means. The codecs must be loaded: where scopes lie in each other, trees are looked into.
 *
 * @param now - What `latest` says of itself.
 * @throws {BitacoraError} `USAGE` for more than one; `UNKNOWN_SNAPSHOT`, also when there was nothing yet at that time;
 *   `UNKNOWN_SESSION`.
 */
export async function select(
  { snapshots, trees }: Pick<UserRepository, 'snapshots' | 'trees'>,
  selector: Selector,
  now: number,
): Promise<Selected> {
  const { latest, snapshot: id, at: asked, session_id: session } = selector;
  const states = [latest === true, id !== undefined, asked !== undefined].filter(Boolean).length;
  if (states > 1 || (session !== undefined && id !== undefined)) {
    throw new BitacoraError('USAGE', 'Only one state can be asked for: "latest", "snapshot" or "at".');
  }
  if (id !== undefined) return oneSnapshot(await snapshots.find(id));
  const time = asked === undefined ? Number.POSITIVE_INFINITY : Date.parse(asked);
  const at = asked === undefined ? now : time;
  const history = await History.read(snapshots);
  const whole = foldAt(history.kept, time);
  if (session !== undefined) return oneSession(history, whole, session, time, at);
  if (whole.scopes.length === 0) throw nothingThen(asked, time, history);
  return selected(history, await withoutOvertaken(whole, trees), at, history.thinned(time));
}

function oneSnapshot(snapshot: Snapshot): Selected {
  const { scopes, captured } = snapshot.manifest;
  return {
    scopes: scopes.map((record) => ({ record, captured, position: 0 })),
    ended: [],
    from: [snapshot],
    at: undefined,
    session: undefined,
    thinned: [],
  };
}

function oneSession(history: History, whole: Fold<Manifest>, session: string, time: number, at: number): Selected {
  const name = `session:${session}`;
  const scopes = whole.scopes.filter(({ scope }) => scope.scope === name);
  const [found] = scopes;
  if (!found) throw unknownSession(history, whole, session, time);
  const fold = { scopes, manifests: [found.manifest], ended: [] };
  const thinned = history.thinned(time).filter((scope) => scope === name);
  return { ...selected(history, fold, at, thinned), session };
}

function selected(history: History, fold: Fold<Manifest>, at: number, thinned: readonly string[]): Selected {
  return {
    scopes: fold.scopes.map(({ scope: record, manifest: { captured }, position }) => ({ record, captured, position })),
    ended: fold.ended.map(({ scope, position }) => ({ scope, position })),
    from: fold.manifests.map((manifest) => history.snapshotOf(manifest)),
    at,
    session: undefined,
    thinned,
  };
}

function nothingThen(asked: string | undefined, time: number, history: History): BitacoraError {
  const first = history.first;
  if (first === undefined) {
    const text = history.thinned(time).length > 0 ? 'All snapshots were forgotten' : 'There is no snapshot yet';
    return new BitacoraError('UNKNOWN_SNAPSHOT', `${text}. \`bitacora backup\` takes one.`);
  }
  const when = asked === undefined ? '' : ` at ${formatTime(time)}`;
  const details = { first: first.id, first_time: isoTime(first.time) };
  const why = emptyBecause(time, when, history, first);
  return new BitacoraError('UNKNOWN_SNAPSHOT', `${why} \`bitacora list\` shows all.`, { details });
}

function emptyBecause(time: number, when: string, history: History, first: Snapshot): string {
  if (history.thinned(time).length > 0) return `What there was${when} has been forgotten since.`;
  if (first.manifest.captured <= time)
    return `Nothing is there${when}: no snapshot captured anything that has not ended.`;
  return `Nothing was captured yet${when}: the first snapshot is of ${formatTime(first.time)}.`;
}

const THINNED_LISTED = 1000;

/** What a document says of the selection; `folded_from` and the times go together. */
export function selectionFields({ at, session, from, thinned }: Selected): {
  at: string | null;
  session_id: string | null;
  folded_from: string[];
  folded_from_times: string[];
  thinned: string[];
  thinned_count: number;
} {
  return {
    at: at === undefined ? null : isoTime(at),
    session_id: session ?? null,
    folded_from: from.map(({ id }) => id),
    folded_from_times: from.map(({ time }) => isoTime(time)),
    thinned: thinned.slice(0, THINNED_LISTED),
    thinned_count: thinned.length,
  };
}
