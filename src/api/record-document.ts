import { exportJson, type RecordLayer } from '../restore/index.js';
import type { UserRepository } from '../vault/index.js';
import { placedScopes } from './scopes.js';
import { type Selected, selectionFields } from './select.js';

export interface RecordDocumentOptions {
  readonly user: string;
  readonly selected: Selected;
  /** Of the same state. */
  readonly layers: readonly RecordLayer[];
  readonly signal?: AbortSignal | undefined;
}

/** The records of a state as one JSON document; `files_in` names the scopes of files, which are not in it. */
export function recordDocument(
  store: Pick<UserRepository, 'trees' | 'chunks'>,
  { user, selected, layers, signal }: RecordDocumentOptions,
): AsyncGenerator<Uint8Array> {
  const head = {
    user_id: user,
    ...selectionFields(selected),
    captured: selected.scopes.map(({ record }) => record.scope),
    files_in: placedScopes(selected).map(({ scope }) => scope),
  };
  return exportJson({ store, layers, head, tail: (hash) => ({ integrity_hash: hash }), signal });
}
