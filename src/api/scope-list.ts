import type { ScopeRecord } from '../format/index.js';
import type { Snapshot, Snapshots } from '../snapshot/index.js';

/** A scope by its newest capture. */
export interface KnownScope {
  readonly record: ScopeRecord;
  readonly snapshot: Snapshot;
  /** When it was ended, milliseconds since 1970; undefined while it lives. */
  readonly ended: number | undefined;
}

/** All scopes that a user's snapshots hold, ended or not, that with the newest capture first. */
export async function* knownScopes(snapshots: Snapshots): AsyncGenerator<KnownScope> {
  const seen = new Set<string>();
  const ended = new Map<string, number>();
  for await (const snapshot of snapshots.newestFirst()) {
    for (const record of snapshot.manifest.scopes) {
      if (seen.has(record.scope)) continue;
      seen.add(record.scope);
      yield { record, snapshot, ended: ended.get(record.scope) };
    }
    // A manifest ends scopes before it captures: one that it captures lives.
    for (const scope of snapshot.manifest.ended) {
      if (!seen.has(scope) && !ended.has(scope)) ended.set(scope, snapshot.time);
    }
  }
}
