import type { CollectionShape } from '../../format/index.js';

/** A collection as it stands in records. */
export interface TabledCollection {
  readonly name: string;
  readonly shape: CollectionShape;
  readonly records: number;
}

/** Numbers a run has in `RecordTable.runs`: its records and its bytes of rows, both behind those of the run before. */
export const RUN_FIELDS = { collection: 0, records: 1, rowBytes: 2, count: 3 } as const;

/**
 * Where the records of one JSON object lie in its bytes, and the rows of keys (docs/format.md §9) that they get; nothing of it is an object a record, so
 * that it is soon handed from thread to thread.
 */
export interface RecordTable {
  /** In the order in which they came. */
  readonly collections: readonly TabledCollection[];
  /** Offset and length of each record. */
  readonly ranges: Uint32Array;
  /** Runs of records that are stored together, in order. */
  readonly runs: Uint32Array;
  readonly rows: Uint8Array;
}

/** What was found out of bytes that have been looked at, kept as long as they are. */
const tables = new WeakMap<Uint8Array, RecordTable>();

/** The table of the records that these very bytes are, where it was made before. */
export function knownTable(json: Uint8Array): RecordTable | undefined {
  return tables.get(json);
}

export function rememberTable(json: Uint8Array, table: RecordTable): void {
  tables.set(json, table);
}
