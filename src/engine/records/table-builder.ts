import { type CollectionShape, ROW_BYTES_MAX, writeRow } from '../../format/index.js';
import { idOf } from './record-id.js';
import { type RecordTable, RUN_FIELDS, type TabledCollection } from './record-table.js';
import { runEnds } from './runs.js';
import type { SeenIds } from './skip-value.js';

/** What is more is read as a stream: a table of it would be larger than what reading takes. */
const RECORDS_MOST = 2 ** 17;
const ROWS_BYTES_MOST = 8 * 2 ** 20;

/** Gathers a table of records while they are found. */
export class TableBuilder {
  readonly #json: Uint8Array;
  readonly #base: number;
  readonly #collections: { name: string; shape: CollectionShape; records: number }[] = [];
  #ranges = new Uint32Array(2 * 1024);
  #records = 0;
  readonly #runs: number[] = [];
  #rows = new Uint8Array(32 * 1024);
  #rowsUsed = 0;
  #runRecords = 0;
  #runBytes = 0;
  #runRows = 0;

  /** @param base - Where ranges count from. */
  constructor(json: Uint8Array, base: number) {
    this.#json = json;
    this.#base = base;
  }

  /** Begins a collection. */
  collection(name: string, shape: CollectionShape): void {
    this.#endRun();
    this.#collections.push({ name, shape, records: 0 });
  }

  /** Takes the next record of the collection; false where that is one too many. Throws `JsonError`. */
  record(start: number, end: number, ids: SeenIds): boolean {
    if (this.#records === RECORDS_MOST || this.#rowsUsed > ROWS_BYTES_MOST) return false;
    if (runEnds(this.#runBytes, this.#rowsUsed - this.#runRows, this.#json, start, end)) this.#endRun();
    if (this.#rowsUsed + ROW_BYTES_MAX > this.#rows.length) {
      const rows = new Uint8Array(this.#rows.length * 2);
      rows.set(this.#rows.subarray(0, this.#rowsUsed));
      this.#rows = rows;
    }
    const id = ids.count === 1 ? idOf(this.#json, ids.valueStart) : undefined;
    this.#rowsUsed = writeRow(this.#rows, this.#rowsUsed, id, end - start);
    if (2 * this.#records === this.#ranges.length) {
      const ranges = new Uint32Array(this.#ranges.length * 2);
      ranges.set(this.#ranges);
      this.#ranges = ranges;
    }
    this.#ranges[2 * this.#records] = start - this.#base;
    this.#ranges[2 * this.#records + 1] = end - start;
    this.#records++;
    this.#runRecords++;
    this.#runBytes += end - start;
    this.#collections.at(-1)!.records++;
    return true;
  }

  finish(): RecordTable {
    this.#endRun();
    const collections: readonly TabledCollection[] = this.#collections;
    return {
      collections,
      ranges: this.#ranges.slice(0, 2 * this.#records),
      runs: Uint32Array.from(this.#runs),
      rows: this.#rows.slice(0, this.#rowsUsed),
    };
  }

  #endRun(): void {
    if (this.#runRecords > 0) {
      const run = new Array<number>(RUN_FIELDS.count);
      run[RUN_FIELDS.collection] = this.#collections.length - 1;
      run[RUN_FIELDS.records] = this.#runRecords;
      run[RUN_FIELDS.rowBytes] = this.#rowsUsed - this.#runRows;
      this.#runs.push(...run);
    }
    this.#runRecords = 0;
    this.#runBytes = 0;
    this.#runRows = this.#rowsUsed;
  }
}
