import { concatBytes, pathFields, toHex } from '../../base/index.js';
import { sha256 } from '../../crypto/index.js';
import { formatUuid } from '../../snapshot/index.js';
import type { SnapshotAnswer, SnapshotInput } from '../contract/snapshot.js';
import { openKnownUser } from '../known-user.js';
import type { OperationContext } from '../operation.js';
import { snapshotSummary } from '../snapshot-summary.js';

/** One snapshot, with what could not be read. */
export async function snapshot(context: OperationContext, input: SnapshotInput): Promise<SnapshotAnswer> {
  const repository = await openKnownUser(context, input.user_id);
  const found = await repository.snapshots.find(input.backup_id);
  const { parent, scopes, failures } = found.manifest;
  return {
    ...snapshotSummary(input.user_id, found),
    parent_id: parent && formatUuid(parent),
    integrity_hash: toHex(sha256(concatBytes(scopes.map(({ entry }) => entry)))),
    failures: failures.items.map(({ path, code, message }) => ({ ...pathFields('path', path), code, message })),
  };
}
