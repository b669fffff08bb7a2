import { exportJson, type RecordLayer } from '../restore/index.js';
import { storedSize } from '../upkeep/index.js';
import type { UserRepository } from '../vault/index.js';
import { placedScopes } from './scopes.js';
import { type Selected, selectionFields } from './select.js';
import { snapshotFields } from './snapshot-document.js';

export interface RecordDocumentOptions {
  readonly user: string;
  readonly selected: Selected;
  /** Of the same state. */
  readonly layers: readonly RecordLayer[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * The records of a state as one JSON document: of the newest snapshot that it is folded from, with what is folded. `files_in` names the
 * scopes of files, which are not in it. The codecs must be loaded.
 *
 * @throws {BitacoraError} what `exportJson` throws.
 */
export async function* recordDocument(
  repository: UserRepository,
  { user, selected, layers, signal }: RecordDocumentOptions,
): AsyncGenerator<Uint8Array> {
  const newest = selected.from.at(-1);
  if (!newest) throw new TypeError('A state is folded from nothing.');
  const fields = await snapshotFields(repository, newest);
  const scopes = selected.scopes.map(({ record }) => record);
  const selection = selectionFields(selected);
  const head = {
    ...fields,
    user_id: user,
    ...selection,
    // One snapshot is that of its session.
    session_id: selected.at === undefined ? fields.session_id : selection.session_id,
    captured: scopes.map(({ scope }) => scope),
    files_in: placedScopes(selected).map(({ scope }) => scope),
  };
  const tail = async (hash: string): Promise<object> => ({
    integrity_hash: hash,
    size_compressed: await storedSize(repository, scopes, signal),
    size_uncompressed: scopes.reduce((sum, { bytes }) => sum + bytes, 0),
  });
  yield* exportJson({ store: repository, layers, head, tail, signal });
}
