import { isUtf8 } from 'node:buffer';
import { CLOSE_OBJECT, COLON, COMMA, OPEN_OBJECT, QUOTE } from '../../base/index.js';
import { sha256 } from '../../crypto/index.js';
import { JsonError } from './json-scanner.js';
import { type MemberPlace, placeOfMember } from './place-of-member.js';
import { stringIs } from './record-id.js';
import type { RecordTable } from './record-table.js';
import { type FoundRecords, scanRecords } from './scan-records.js';
import { type SeenIds, skipSpace, skipValue, stringEnd } from './skip-value.js';

/** The member of a call that holds its records. */
const MEMBER = 'data';

/** What stands in the JSON of a call. */
export interface BodyScan {
  /** What is wrong with it, as `JsonError` says it; then there is nothing else. */
  readonly problem?: string | undefined;
  /** Where the value of `data` is, if it is there. */
  readonly data?: MemberPlace | undefined;
  /** The SHA-256 of the bytes there, if they are an object. */
  readonly hash?: Uint8Array | undefined;
  /** Its records, with ranges from where it begins; undefined where only reading it as a stream will tell. */
  readonly table?: RecordTable | undefined;
}

/** Goes through the JSON of a call, once if it is as it should be. */
export async function scanBody(body: Uint8Array): Promise<BodyScan> {
  const found = isUtf8(body) ? await scanMembers(body) : undefined;
  if (found) {
    const { data, table } = found;
    return { ...found, hash: table && sha256(body.subarray(data.start, data.end)) };
  }
  try {
    const data = await placeOfMember(body, MEMBER);
    const hash = data && body[data.start] === OPEN_OBJECT ? sha256(body.subarray(data.start, data.end)) : undefined;
    return { data, hash };
  } catch (error) {
    if (error instanceof JsonError) return { problem: error.message };
    throw error;
  }
}

/** The table of the records that are one JSON object, from its first byte to its last; undefined where reading it as a stream will tell. */
export async function scanData(json: Uint8Array): Promise<RecordTable | undefined> {
  const found = isUtf8(json) ? await scanRecords(json, 0) : undefined;
  return found && skipSpace(json, found.end, json.length) === json.length ? found.table : undefined;
}

/** Undefined where something is not as it mostly is. */
async function scanMembers(
  body: Uint8Array,
): Promise<{ readonly data: MemberPlace; readonly table: RecordTable } | undefined> {
  const end = body.length;
  const ids: SeenIds = { count: 0, valueStart: 0 };
  let data: { start: number; found: FoundRecords } | undefined;
  let at = skipSpace(body, 0, end);
  if (body[at] !== OPEN_OBJECT) return undefined;
  do {
    at = skipSpace(body, at + 1, end);
    const nameEnd = body[at] === QUOTE ? stringEnd(body, at + 1, end) : -1;
    if (nameEnd < 0) return undefined;
    const isData = stringIs(body, at, nameEnd, MEMBER);
    at = skipSpace(body, nameEnd, end);
    if (body[at] !== COLON) return undefined;
    at = skipSpace(body, at + 1, end);
    if (isData) {
      const found = data ? undefined : await scanRecords(body, at);
      if (!found) return undefined;
      data = { start: at, found };
      at = found.end;
    } else {
      at = skipValue(body, at, end, ids);
      if (at < 0) return undefined;
    }
    at = skipSpace(body, at, end);
  } while (body[at] === COMMA);
  if (!data || body[at] !== CLOSE_OBJECT || skipSpace(body, at + 1, end) < end) return undefined;
  return { data: { start: data.start, end: data.found.end }, table: data.found.table };
}
