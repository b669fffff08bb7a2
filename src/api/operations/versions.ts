import { type BitacoraError, isoNanoTime, isoTime, pathFields } from '../../base/index.js';
import { loadCodecs } from '../../codec/index.js';
import { ENTRY_TYPES } from '../../format/index.js';
import { createRecordWish, type FoundVersion, findVersions } from '../../restore/index.js';
import type { Snapshot } from '../../snapshot/index.js';
import type { VersionsHead, VersionsInput, VersionsItem } from '../contract/versions.js';
import { typeName } from '../entry-item.js';
import { ItemProblems } from '../item-problems.js';
import { openKnownUser } from '../known-user.js';
import type { ItemStream, OperationContext } from '../operation.js';
import { fullPath } from '../paths.js';
import { recordVersions } from '../record-versions.js';
import { isPlaced, restoreScope } from '../scopes.js';

/** What matches a pattern in any snapshot, with the versions that there were of it. */
export async function versions(
  context: OperationContext,
  { user_id, pattern }: VersionsInput,
): Promise<ItemStream<VersionsHead, VersionsItem>> {
  const repository = await openKnownUser(context, user_id);
  await loadCodecs();
  const snapshots = (await repository.snapshots.list()).reverse();
  return { head: { user_id, pattern, snapshots: snapshots.length }, member: 'paths', items: items() };

  async function* items(): AsyncGenerator<VersionsItem> {
    const problems = new ItemProblems();
    const captured = snapshots.map(({ manifest }) => manifest.scopes.filter(isPlaced).map(restoreScope));
    const onDamage = (error: BitacoraError, path: Uint8Array) => problems.add(path, error.code, error.message);
    const options = { tree: repository.trees, pattern, signal: context.signal, onDamage };
    for await (const { path, scope, type, versions } of findVersions(captured, options)) {
      yield {
        ...pathFields('path', fullPath(path)),
        type: typeName(type),
        scope,
        versions: versions.map((version) => versionItem(version, snapshots)),
      };
    }
    yield* recordVersions(repository, snapshots, createRecordWish([pattern], []), context.signal);
    problems.throwIfAny('DATA_CORRUPT', 'could not be read whole');
  }
}

function versionItem(
  { entry, first, last, count }: FoundVersion,
  snapshots: readonly Snapshot[],
): VersionsItem['versions'][number] {
  return {
    ...(entry.type === ENTRY_TYPES.file ? { size: entry.size } : {}),
    mtime: isoNanoTime(entry.mtimeSec, entry.mtimeNsec),
    first: snapshots[first]!.id,
    first_time: isoTime(snapshots[first]!.time),
    last: snapshots[last]!.id,
    last_time: isoTime(snapshots[last]!.time),
    snapshots: count,
  };
}
