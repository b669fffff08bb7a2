import { Slices } from '../../base/index.js';
import { type RecordTable, RUN_FIELDS } from '../../engine/index.js';
import { ID_BYTES, type ScopeRecord } from '../../format/index.js';
import { ContentWriter } from '../../snapshot/index.js';
import type { PieceFeed, WriteSession } from '../../store/index.js';
import { checkCollectionName } from './collection-name.js';
import type { WrittenCollection } from './collection-writer.js';
import type { RecordCapture } from './record-capture.js';
import type { RecordSource } from './record-source.js';
import { finishScope } from './scope-writer.js';

/**
 * Stores records that a table says the places of, as they would be if they were read as a stream, and has workers take them
 * out of their bytes.
 *
 * @returns The scopes in the order in which they came. Throws as `captureRecords`.
 */
export async function captureTable(
  source: RecordSource,
  json: Uint8Array,
  table: RecordTable,
  capture: RecordCapture & { readonly session: WriteSession },
): Promise<ScopeRecord[]> {
  const { session, sink } = capture;
  const scopes = new Map<string, number[]>(source.whole.map((scope) => [scope, []]));
  for (const [number, { name }] of table.collections.entries()) {
    checkCollectionName(name);
    const scope = source.scopeOf(name);
    const members = scopes.get(scope);
    if (members) members.push(number);
    else scopes.set(scope, [number]);
  }
  // Of each collection its records, and then its keys.
  const contents = Array.from({ length: table.collections.length * 2 }, () => new ContentWriter(sink));
  const onItems = (ids: Uint8Array, lengths: Uint32Array, owners: Uint32Array | undefined): void => {
    if (!owners) throw new TypeError('Chunks of pieces come with their owners.');
    for (let i = 0; i < lengths.length; i++) {
      contents[owners[i]!]!.add(lengths[i]!, ids.subarray(i * ID_BYTES, (i + 1) * ID_BYTES));
    }
  };
  await session.pieces(onItems, (feed) => feedRuns(feed, json, table, capture));
  const written = table.collections.map((collection, number): WrittenCollection => {
    const records = contents[2 * number]!;
    const keys = contents[2 * number + 1]!;
    return {
      ...collection,
      bytes: records.size,
      keyBytes: keys.size,
      keysContent: keys.finish(),
      recordsContent: records.finish(),
    };
  });
  const finished: ScopeRecord[] = [];
  for (const [scope, members] of scopes) {
    finished.push(
      await finishScope(
        scope,
        members.map((number) => written[number]!),
        capture,
      ),
    );
  }
  return finished;
}

/** A run's records are a piece, and so are its rows. */
async function feedRuns(
  feed: PieceFeed,
  json: Uint8Array,
  { collections, ranges, runs, rows }: RecordTable,
  { counts, progress }: RecordCapture,
): Promise<void> {
  const slices = new Slices();
  let record = 0;
  let row = 0;
  for (let run = 0; run < runs.length; run += RUN_FIELDS.count) {
    const collection = runs[run + RUN_FIELDS.collection]!;
    const records = runs[run + RUN_FIELDS.records]!;
    const rowBytes = runs[run + RUN_FIELDS.rowBytes]!;
    const owner = 2 * collection;
    let bytes = 0;
    for (const end = record + records; record < end; record++) {
      const length = ranges[2 * record + 1]!;
      if (feed.fits(length)) feed.append(json, ranges[2 * record]!, length, owner);
      else await feed.add(json, ranges[2 * record]!, length, owner);
      bytes += length;
    }
    feed.end(owner);
    await feed.add(rows, row, rowBytes, owner + 1);
    feed.end(owner + 1);
    row += rowBytes;
    counts.files += records;
    counts.bytes += bytes;
    counts.bytesRead += bytes;
    progress({ phase: 'backup', files: counts.files, bytes: counts.bytes, current: collections[collection]!.name });
    if (slices.over) await slices.next();
  }
}
