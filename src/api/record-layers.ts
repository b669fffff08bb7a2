import type { RecordLayer } from '../restore/index.js';
import { foldRecords, RecordReader, type RecordWish } from '../snapshot/index.js';
import type { UserRepository } from '../vault/index.js';
import { recordScopes } from './scopes.js';
import type { Selected } from './select.js';

/** The records of a state. */
export interface SelectedRecords {
  /** Oldest first, one for each scope of records. */
  readonly layers: readonly RecordLayer[];
  /** How many records they show. */
  readonly shown: number;
}

/**
 * The captures that a state's records are in, and which of them the state shows: what newer captures replaced or took away is hidden,
 * and so is what nobody wants. The codecs must be loaded.
 *
 * @throws {BitacoraError} `DATA_CORRUPT`, `OBJECT_MISSING`, `CANCELLED`.
 */
export async function recordLayers(
  repository: Pick<UserRepository, 'trees' | 'chunks'>,
  selected: Selected,
  { wish, signal }: { readonly wish?: RecordWish | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<SelectedRecords> {
  const scopes = recordScopes(selected);
  const captures = scopes.map(({ record, position }) => {
    return { scope: record.scope, position, keys: new RecordReader(repository, record) };
  });
  const folded = await foldRecords(captures, { ended: selected.ended, wish, signal });
  return {
    layers: scopes.map(({ record: scope, captured }, i) => {
      const { hidden, without } = folded[i]!;
      return { scope, captured, hidden, without };
    }),
    shown: folded.reduce((sum, { shown }) => sum + shown, 0),
  };
}
