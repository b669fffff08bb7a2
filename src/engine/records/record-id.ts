import { asBuffer, BACKSLASH, COLON, MINUS, OPEN_OBJECT, QUOTE, utf8 } from '../../base/index.js';
import { RECORD_ID_BYTES_MAX } from '../../format/index.js';
import { JsonScanner, spaceEnd, valueEnd } from './json-scanner.js';

const NINE = 0x39;
const NAME = 'id';
const QUOTED_NAME = Buffer.from(`"${NAME}"`);
const ESCAPED = Buffer.from('\\u');
const HALF_PAIR = /\p{Cs}/u;

/**
 * What a record is called: the value of its member `id`, if it has exactly one, as UTF-8: a string's characters or a number's literal.
 * Undefined otherwise, and where it is longer than 1,024 bytes or no text. `json` is one JSON value with white space around it at most.
 * Throws `JsonError`.
 */
export function recordId(json: Uint8Array): Uint8Array | undefined {
  const first = firstMember(json);
  if (first !== undefined) return first < 0 ? undefined : idAt(json, first);
  const starts: number[] = [];
  const scanner = new JsonScanner(json, 0, json.length, (nameStart, nameEnd, valueStart) => {
    if (stringIs(json, nameStart, nameEnd, NAME)) starts.push(valueStart);
  });
  scanner.run(Number.MAX_SAFE_INTEGER);
  const [start, ...more] = starts;
  return start === undefined || more.length > 0 ? undefined : idAt(json, start);
}

/**
 * Where the value of `id` begins, for records as they mostly are: `id` comes first and stands nowhere else, in nothing that lies inside either. −1 where
 * no `id` can be there. Undefined where that does not tell: then the record is scanned.
 */
function firstMember(json: Uint8Array): number | undefined {
  const bytes = asBuffer(json);
  // A name may be written with escapes.
  if (bytes.includes(ESCAPED)) return undefined;
  const at = bytes.indexOf(QUOTED_NAME);
  if (at < 0) return -1;
  const start = spaceEnd(json, 0, json.length);
  if (json[start] !== OPEN_OBJECT || spaceEnd(json, start + 1, json.length) !== at) return undefined;
  const colon = spaceEnd(json, at + QUOTED_NAME.length, json.length);
  if (json[colon] !== COLON || bytes.includes(QUOTED_NAME, colon)) return undefined;
  return spaceEnd(json, colon + 1, json.length);
}

/** Whether a JSON string, its quotes included, stands for `text`, which needs no escapes. */
export function stringIs(json: Uint8Array, start: number, end: number, text: string): boolean {
  for (let i = start; i < end; i++) if (json[i] === BACKSLASH) return stringAt(json, start, end) === text;
  return end - start === text.length + 2 && asBuffer(json).toString('latin1', start + 1, end - 1) === text;
}

/** The characters that a JSON string, its quotes included, stands for. */
export function stringAt(json: Uint8Array, start: number, end: number): string {
  return JSON.parse(asBuffer(json).toString('utf8', start, end)) as string;
}

/** What a record whose one member `id` has its value at `start` is called: see `recordId`. The bytes are a view on `json` where they can be. */
export function idOf(json: Uint8Array, start: number): Uint8Array | undefined {
  if (json[start] !== QUOTE) return idAt(json, start);
  // Bytes that are UTF-8 hold no half of a pair, save as an escape.
  for (let at = start + 1; ; at++) {
    if (json[at] === BACKSLASH) return idAt(json, start);
    if (json[at] === QUOTE) return short(json.subarray(start + 1, at));
  }
}

function idAt(json: Uint8Array, start: number): Uint8Array | undefined {
  const first = json[start]!;
  // Numbers begin with a digit or a minus; no other value does with a byte from here to there.
  if (first !== QUOTE && (first < MINUS || first > NINE)) return undefined;
  const end = valueEnd(json, start, json.length);
  // An escape takes six bytes for what may be one.
  if (end - start > 6 * RECORD_ID_BYTES_MAX + 2) return undefined;
  if (first !== QUOTE) return short(json.slice(start, end));
  const text = stringAt(json, start, end);
  return HALF_PAIR.test(text) ? undefined : short(utf8(text));
}

function short(id: Uint8Array): Uint8Array | undefined {
  return id.length > RECORD_ID_BYTES_MAX ? undefined : id;
}
