import { utf8 } from '../base/index.js';
import { RecordReader, type RecordWish } from '../snapshot/index.js';
import type { UserRepository } from '../vault/index.js';
import { stateRecordFiles } from './record-entries.js';
import { recordLayers } from './record-layers.js';
import type { Selected } from './select.js';

type Store = Pick<UserRepository, 'trees' | 'chunks'>;

const NEWLINE = utf8('\n');

/**
 * What a path means among a state's records: the file of a collection, as a restore writes it; or what `collection/id` names, as it was
 * sent, several of that id a line each. Undefined where it means nothing.
 */
export async function recordBytes(
  store: Store,
  selected: Selected,
  path: string,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  const wanted = path.replace(/^\/+/, '');
  for await (const file of stateRecordFiles(store, selected, { signal })) if (file.path === wanted) return file.bytes();
  const { layers, shown } = await recordLayers(store, selected, { wish: exactly(path), signal });
  if (shown === 0) return undefined;
  return items();

  async function* items(): AsyncGenerator<Uint8Array> {
    let first = true;
    for (const { scope, hidden } of layers) {
      const reader = new RecordReader(store, scope);
      for (const { name } of await reader.collections()) {
        for await (const { json } of reader.records(name, (index) => !hidden?.(name, index))) {
          if (!first) yield NEWLINE;
          first = false;
          yield json;
        }
      }
    }
  }
}

/** The one item, whatever characters are in its id. */
function exactly(item: string): RecordWish {
  const slash = item.indexOf('/');
  const [collection, id] = [item.slice(0, slash), item.slice(slash + 1)];
  return {
    collection: ({ name }) => (name === collection ? 'some' : 'none'),
    record: (_collection, _scope, its) => its === id,
  };
}
