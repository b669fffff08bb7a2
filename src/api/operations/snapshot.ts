import { pathFields } from '../../base/index.js';
import { loadCodecs } from '../../codec/index.js';
import { storedSize } from '../../upkeep/index.js';
import type { SnapshotAnswer, SnapshotInput } from '../contract/snapshot.js';
import { openKnownUser } from '../known-user.js';
import type { OperationContext } from '../operation.js';
import { recordLayers } from '../record-layers.js';
import { select } from '../select.js';
import { integrityHash, parentId, snapshotFields } from '../snapshot-document.js';
import { snapshotFacts } from '../snapshot-facts.js';
import { snapshotSummary } from '../snapshot-summary.js';

/** One snapshot, with what could not be read. Goes through all that it captured, for its sizes and its hash, when it is first asked for. */
export async function snapshot(context: OperationContext, input: SnapshotInput): Promise<SnapshotAnswer> {
  const { signal, clock } = context;
  const repository = await openKnownUser(context, input.user_id);
  const found = await repository.snapshots.find(input.backup_id);
  await loadCodecs();
  const { scopes, failures } = found.manifest;
  const facts = await snapshotFacts(repository, found, async () => {
    const selected = await select(repository, { snapshot: found.id }, clock.now());
    const { layers } = await recordLayers(repository, selected, { signal });
    return {
      integrity_hash: await integrityHash(repository, found, layers, signal),
      size_compressed: await storedSize(repository, scopes, signal),
    };
  });
  const { compression, encryption } = await snapshotFields(repository, found);
  return {
    ...snapshotSummary(input.user_id, found),
    parent_id: parentId(found),
    compression,
    encryption,
    ...facts,
    failures: failures.items.map(({ path, code, message }) => ({ ...pathFields('path', path), code, message })),
  };
}
