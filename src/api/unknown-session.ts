import { BitacoraError, formatTime, isoTime } from '../base/index.js';
import type { Manifest } from '../format/index.js';
import type { Fold, Snapshot } from '../snapshot/index.js';
import type { History } from './history.js';
import { nearest } from './nearest.js';

const PREFIX = 'session:';

/** Why a state at `time` has no scope of that session: the error says whether it ended, was thinned, came later, or never was. */
export function unknownSession(history: History, fold: Fold<Manifest>, session: string, time: number): BitacoraError {
  const name = `${PREFIX}${session}`;
  const details = { session_id: session };
  const error = (message: string, more: object = {}): BitacoraError =>
    new BitacoraError('UNKNOWN_SESSION', message, { details: { ...details, ...more } });
  const end = fold.ended.find(({ scope }) => scope === name);
  if (end) {
    const by = history.snapshotOf(end.manifest);
    const message = `The session "${session}" was ended at ${formatTime(by.time)}, by the snapshot ${by.id}. Ask for it as it was before, with --at.`;
    return error(message, { ended_by: by.id, ended_time: isoTime(by.time) });
  }
  if (history.thinned(time).includes(name)) {
    return error(`The captures of session "${session}" have been forgotten since, by retention or by somebody.`, {
      thinned: true,
    });
  }
  const own = snapshotsOf(history, session);
  const [first] = own.capturing;
  if (first) {
    const message = `The session "${session}" was first captured at ${formatTime(first.time)}, by the snapshot ${first.id}.`;
    return error(message, { first: first.id, first_time: isoTime(first.time) });
  }
  const [bare] = own.bearing;
  if (bare) {
    const message = `The session "${session}" has no records of its own. Its snapshot is ${bare.id}: ask for that one.`;
    return error(message, { snapshot: bare.id });
  }
  const close = nearest(session, own.others);
  const next = close ? `Did you mean "${close}"?` : '`bitacora list` shows the snapshots there are.';
  return error(`There is no session "${session}". ${next}`, close ? { nearest: close } : {});
}

/** Snapshots that captured the session's scope; those that only bear its name; and the names of all sessions. */
function snapshotsOf(
  history: History,
  session: string,
): { readonly capturing: Snapshot[]; readonly bearing: Snapshot[]; readonly others: Set<string> } {
  const capturing: Snapshot[] = [];
  const bearing: Snapshot[] = [];
  const others = new Set<string>();
  for (const { snapshot, forgotten } of history.all) {
    const { scopes, session: named } = snapshot.manifest;
    for (const { scope } of scopes) if (scope.startsWith(PREFIX)) others.add(scope.slice(PREFIX.length));
    if (forgotten) continue;
    if (scopes.some(({ scope }) => scope === `${PREFIX}${session}`)) capturing.push(snapshot);
    else if (named === session) bearing.push(snapshot);
  }
  return { capturing, bearing, others };
}
