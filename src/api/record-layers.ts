import type { RecordLayer } from '../restore/index.js';
import { foldRecords, type RecordDamage, RecordReader, type RecordWish } from '../snapshot/index.js';
import type { UserRepository } from '../vault/index.js';
import { recordScopes } from './scopes.js';
import type { Selected } from './select.js';

/** The records of a state. */
export interface SelectedRecords {
  /** Oldest first, one for each scope of records. */
  readonly layers: readonly RecordLayer[];
  /** What of them cannot be read: it is in none of the layers. Empty unless it is asked for. */
  readonly damage: readonly RecordDamage[];
  /** How many records they show. */
  readonly shown: number;
}

export interface RecordLayersOptions {
  readonly wish?: RecordWish | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Whether what is damaged is left out and told, rather than thrown. */
  readonly despiteDamage?: boolean;
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
  { wish, signal, despiteDamage = false }: RecordLayersOptions = {},
): Promise<SelectedRecords> {
  const scopes = recordScopes(selected);
  const captures = scopes.map(({ record, position }) => {
    return { scope: record.scope, position, keys: new RecordReader(repository, record) };
  });
  const damage: RecordDamage[] = [];
  const onDamage = despiteDamage ? (one: RecordDamage): void => void damage.push(one) : undefined;
  const folded = await foldRecords(captures, { ended: selected.ended, wish, signal, onDamage });
  const unread = new Set(damage.flatMap(({ scope, collection }) => (collection === undefined ? [scope] : [])));
  return {
    layers: scopes.flatMap(({ record: scope, captured }, i) => {
      const { hidden, without } = folded[i]!;
      return unread.has(scope.scope) ? [] : [{ scope, captured, hidden, without }];
    }),
    damage,
    shown: folded.reduce((sum, { shown }) => sum + shown, 0),
  };
}
