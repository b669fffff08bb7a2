import { CLOSE_ARRAY, CLOSE_OBJECT, COLON, COMMA, OPEN_ARRAY, OPEN_OBJECT, QUOTE, Slices } from '../../base/index.js';
import { COLLECTIONS_MAX } from '../../format/index.js';
import { stringAt } from './record-id.js';
import type { RecordTable } from './record-table.js';
import { type SeenIds, skipSpace, skipValue, stringEnd } from './skip-value.js';
import { TableBuilder } from './table-builder.js';

/** Records between two looks at the clock. */
const RECORDS_AT_ONCE = 64;

/** What was found of an object of collections: where it ends, and where its records lie. */
export interface FoundRecords {
  readonly end: number;
  readonly table: RecordTable;
}

/**
 * Goes once through the object of collections at `from`, which is UTF-8. Undefined where it is none, or one that a table does not hold: with a name twice,
 * too many collections, too many records. What is wrong with it, whoever reads it as a stream says.
 */
export async function scanRecords(json: Uint8Array, from: number): Promise<FoundRecords | undefined> {
  const end = json.length;
  const builder = new TableBuilder(json, from);
  const names = new Set<string>();
  const slices = new Slices();
  const ids: SeenIds = { count: 0, valueStart: 0 };
  let at = skipSpace(json, from, end);
  if (json[at] !== OPEN_OBJECT) return undefined;
  at = skipSpace(json, at + 1, end);
  if (json[at] === CLOSE_OBJECT) return { end: at + 1, table: builder.finish() };
  for (;;) {
    const nameEnd = json[at] === QUOTE ? stringEnd(json, at + 1, end) : -1;
    if (nameEnd < 0) return undefined;
    const name = stringAt(json, at, nameEnd);
    if (names.has(name) || names.size === COLLECTIONS_MAX) return undefined;
    names.add(name);
    at = skipSpace(json, nameEnd, end);
    if (json[at] !== COLON) return undefined;
    at = skipSpace(json, at + 1, end);
    const list = json[at] === OPEN_ARRAY;
    builder.collection(name, list ? 'list' : 'value');
    if (list) at = skipSpace(json, at + 1, end);
    const isEmpty = list && json[at] === CLOSE_ARRAY;
    for (let more = !isEmpty, count = 1; more; count++) {
      const valueEnd = skipValue(json, at, end, ids);
      if (valueEnd < 0 || !builder.record(at, valueEnd, ids)) return undefined;
      at = skipSpace(json, valueEnd, end);
      more = list && json[at] === COMMA;
      if (more) at = skipSpace(json, at + 1, end);
      if (count % RECORDS_AT_ONCE === 0 && slices.over) await slices.next();
    }
    if (list) {
      if (json[at] !== CLOSE_ARRAY) return undefined;
      at = skipSpace(json, at + 1, end);
    }
    if (slices.over) await slices.next();
    if (json[at] === CLOSE_OBJECT) return { end: at + 1, table: builder.finish() };
    if (json[at] !== COMMA) return undefined;
    at = skipSpace(json, at + 1, end);
  }
}
