import { isoNanoTime, utf8 } from '../base/index.js';
import { type RecordFile, recordEntry, recordFiles } from '../restore/index.js';
import type { RecordWish } from '../snapshot/index.js';
import type { UserRepository } from '../vault/index.js';
import type { EntryItem } from './contract/entry.js';
import { entryItem } from './entry-item.js';
import { isWithin } from './paths.js';
import { recordLayers } from './record-layers.js';
import { recordScopes, scopeRoot } from './scopes.js';
import type { Selected } from './select.js';

type Store = Pick<UserRepository, 'trees' | 'chunks'>;
interface Options {
  readonly wish?: RecordWish | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The files that the records of a state are restored to, scope by scope. */
export async function* stateRecordFiles(
  store: Store,
  selected: Selected,
  options: Options = {},
): AsyncGenerator<RecordFile> {
  const { layers } = await recordLayers(store, selected, options);
  yield* recordFiles(store, layers);
}

/** What answers say of a file of records. */
export async function recordFileItem(file: RecordFile): Promise<EntryItem> {
  const item = entryItem({ path: utf8(`/${file.path}`), entry: recordEntry(file, await file.size()), owners: [] });
  return { ...item, records: file.records };
}

/** The scopes of records at or below a directory, as that lists them. */
export function* recordScopeItems(selected: Selected, directory: Uint8Array): Generator<EntryItem> {
  for (const { record, captured } of recordScopes(selected)) {
    if (!isWithin(record.path, directory)) continue;
    const item = entryItem({ path: record.path, entry: scopeRoot(record), owners: [] });
    yield { ...item, mtime: isoNanoTime(Math.floor(captured / 1000), (captured % 1000) * 1e6) };
  }
}

/** What lies at a path inside a scope of records: its files, or the one file; nothing elsewhere. */
export async function recordItemsAt(
  store: Store,
  selected: Selected,
  path: Uint8Array,
  signal: AbortSignal,
): Promise<EntryItem[]> {
  if (!recordScopes(selected).some(({ record }) => isWithin(path, record.path))) return [];
  const items: EntryItem[] = [];
  for await (const file of stateRecordFiles(store, selected, { signal })) {
    if (isWithin(utf8(`/${file.path}`), path)) items.push(await recordFileItem(file));
  }
  return items;
}
