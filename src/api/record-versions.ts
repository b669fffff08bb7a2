import { isoNanoTime, isoTime, throwIfAborted, toHex } from '../base/index.js';
import type { ScopeRecord } from '../format/index.js';
import { type RecordFile, recordFiles } from '../restore/index.js';
import { foldRecords, RecordReader, type RecordWish, type Snapshot } from '../snapshot/index.js';
import type { UserRepository } from '../vault/index.js';
import type { VersionsItem } from './contract/versions.js';
import { recordFileDigest } from './record-changes.js';
import { isPlaced } from './scopes.js';

type Store = Pick<UserRepository, 'trees' | 'chunks'>;

interface Version {
  readonly size: number;
  readonly captured: number;
  first: number;
  last: number;
  count: number;
}

/** A file of records as it was in one capture. */
interface Seen {
  readonly path: string;
  readonly digest: string;
  readonly size: number;
}

/**
 * The files of records in which something matches, with their versions: what has the same matching records is one. A scope that is the
 * same in several snapshots is read once. Memory: a line for each version.
 *
 * @param snapshots - Oldest first.
 */
export async function* recordVersions(
  store: Store,
  snapshots: readonly Snapshot[],
  wish: RecordWish | undefined,
  signal: AbortSignal,
): AsyncGenerator<VersionsItem> {
  const paths = new Map<string, { readonly scope: string; readonly versions: Map<string, Version> }>();
  const known = new Map<string, readonly Seen[]>();
  for (const [number, { manifest }] of snapshots.entries()) {
    for (const record of manifest.scopes) {
      if (isPlaced(record)) continue;
      throwIfAborted(signal);
      const key = `${record.scope} ${toHex(record.entry)}`;
      const seen = known.get(key) ?? (await filesOf(store, record, wish, signal));
      known.set(key, seen);
      for (const { path, digest, size } of seen) {
        const { versions } = paths.get(path) ?? { versions: new Map<string, Version>() };
        paths.set(path, { scope: record.scope, versions });
        const version = versions.get(digest);
        if (version) Object.assign(version, { last: number, count: version.count + 1 });
        else versions.set(digest, { size, captured: manifest.captured, first: number, last: number, count: 1 });
      }
    }
  }
  for (const [path, { scope, versions }] of [...paths].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const newestFirst = [...versions.values()].sort((a, b) => b.last - a.last);
    yield { path: `/${path}`, type: 'file', scope, versions: newestFirst.map((version) => item(version, snapshots)) };
  }
}

async function filesOf(
  store: Store,
  record: ScopeRecord,
  wish: RecordWish | undefined,
  signal: AbortSignal,
): Promise<readonly Seen[]> {
  const capture = { scope: record.scope, position: 0, keys: new RecordReader(store, record) };
  const [folded] = await foldRecords([capture], { ended: [], wish, signal });
  const seen: Seen[] = [];
  for await (const file of recordFiles(store, [{ scope: record, captured: 0, ...folded! }])) {
    seen.push(await look(file, signal));
  }
  return seen;
}

async function look(file: RecordFile, signal: AbortSignal): Promise<Seen> {
  return { path: file.path, digest: await recordFileDigest(file, signal), size: await file.size() };
}

function item(
  { size, captured, first, last, count }: Version,
  snapshots: readonly Snapshot[],
): VersionsItem['versions'][number] {
  return {
    size,
    mtime: isoNanoTime(Math.floor(captured / 1000), (captured % 1000) * 1e6),
    first: snapshots[first]!.id,
    first_time: isoTime(snapshots[first]!.time),
    last: snapshots[last]!.id,
    last_time: isoTime(snapshots[last]!.time),
    snapshots: count,
  };
}
