import { BitacoraError } from '../../base/index.js';
import { loadCodecs } from '../../codec/index.js';
import { createRecordWish, exportTar } from '../../restore/index.js';
import type { ExportInput } from '../contract/export.js';
import { ItemProblems } from '../item-problems.js';
import { openKnownUser } from '../known-user.js';
import type { OperationContext } from '../operation.js';
import { quarantining } from '../quarantine.js';
import { recordDocument } from '../record-document.js';
import { recordLayers } from '../record-layers.js';
import { placedScopes, restoreScope } from '../scopes.js';
import { type Selected, select } from '../select.js';
import { wantedOf } from '../wishes.js';

/**
 * A state as a tar archive, or its records as JSON. Where the snapshot itself lacks something, the archive is whole without it and `PARTIAL` follows
 * behind its last byte.
 */
export async function exportState(context: OperationContext, input: ExportInput): Promise<AsyncIterable<Uint8Array>> {
  const { logger, progress, signal } = context;
  const repository = await openKnownUser(context, input.user_id);
  const { trees: tree, chunks } = repository;
  await loadCodecs();
  const selected = await select(repository, input, context.clock.now());
  const include = wantedOf(input);
  const { exclude = [] } = input;
  const { layers } = await recordLayers(repository, selected, { wish: createRecordWish(include, exclude), signal });
  if (input.format === 'json') {
    // Of one snapshot the document says what it is, records or not.
    if (layers.length === 0 && selected.at !== undefined && placedScopes(selected).length > 0)
      throw filesOnly(selected);
    return quarantining(
      context,
      repository,
      recordDocument(repository, { user: input.user_id, selected, layers, signal }),
    );
  }
  const lost = new ItemProblems();
  const archive = exportTar({
    tree,
    chunks,
    scopes: placedScopes(selected).map(restoreScope),
    records: layers,
    include,
    exclude,
    signal,
    onProgress: (files, bytes) => progress({ phase: 'export', files, bytes }),
    onProblem: ({ path, code, message, lost: isLost }) => {
      if (isLost) lost.add(path, code, message);
      else logger.warn(message, { path: `/${path}` });
    },
  });
  return bytes();

  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield* quarantining(context, repository, archive);
    lost.throwIfAny('PARTIAL', 'is not in the archive');
  }
}

function filesOnly(selected: Selected): BitacoraError {
  const scopes = placedScopes(selected).map(({ scope }) => scope);
  const message = `There are no records in that state, only files (${scopes.join(', ')}): ask for an archive, the format "tar", or restore them to a target.`;
  return new BitacoraError('USAGE', message, { details: { scopes } });
}
