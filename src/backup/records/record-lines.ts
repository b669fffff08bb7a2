import { isUtf8 } from 'node:buffer';
import { asBuffer, BitacoraError, concatBytes, OPEN_OBJECT } from '../../base/index.js';
import { JsonError, JsonScanner, spaceEnd, stringAt, unexpected, valueEnd } from '../../engine/index.js';
import type { RecordPart } from './record-source.js';

const NEWLINE = 0x0a;
/** A line is in memory as a whole. */
export const LINE_BYTES_MAX = 16 * 2 ** 20;

/**
 * The records of NDJSON, each as the slice of its line that it is. A line is `{"collection":"sparks","record":{…}}`; with `value` in
 * the place of `record` it is the collection's one value, with neither it says that the list is there, perhaps empty. Empty lines are
 * passed over.
 *
 * @throws {BitacoraError} `USAGE` naming the line that is none of these; `TOO_LARGE` for a line beyond 16 MiB.
 */
export async function* readRecordLines(source: AsyncIterable<Uint8Array>): AsyncGenerator<readonly RecordPart[]> {
  const rest: Uint8Array[] = [];
  let restBytes = 0;
  let number = 1;
  const parse = (line: Uint8Array): RecordPart | undefined => parseNumbered(line, number++);
  for await (const given of source) {
    const bytes = asBuffer(given);
    const parts: RecordPart[] = [];
    let from = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
      const tail = bytes.subarray(from, end);
      const part = parse(rest.length > 0 ? concatBytes([...rest.splice(0), tail]) : tail);
      if (part) parts.push(part);
      restBytes = 0;
      from = end + 1;
    }
    restBytes += bytes.length - from;
    if (restBytes > LINE_BYTES_MAX) throw lineTooLong(number);
    if (from < bytes.length) rest.push(bytes.subarray(from));
    if (parts.length > 0) yield parts;
  }
  const last = parse(concatBytes(rest));
  if (last) yield [last];
}

/** What one line of NDJSON says; undefined for white space. Throws `JsonError`, and `USAGE` for JSON of another kind. */
export function parseRecordLine(line: Uint8Array): RecordPart | undefined {
  const start = spaceEnd(line, 0, line.length);
  if (start === line.length) return undefined;
  if (!isUtf8(line)) throw new JsonError('It is not UTF-8, which shows', 0);
  if (line[start] !== OPEN_OBJECT) throw unexpected(line[start], start);
  const members: (readonly [name: string, at: number])[] = [];
  const scanner = new JsonScanner(line, start, line.length, (nameStart, nameEnd, valueStart) => {
    members.push([stringAt(line, nameStart, nameEnd), valueStart]);
  });
  scanner.run(Number.MAX_SAFE_INTEGER);
  const behind = spaceEnd(line, scanner.at, line.length);
  if (behind < line.length) throw unexpected(line[behind], behind);
  return partOf(line, members);
}

function partOf(line: Uint8Array, members: readonly (readonly [string, number])[]): RecordPart | undefined {
  const at = new Map(members);
  const named = at.get('collection');
  const shape = at.has('value') ? 'value' : 'list';
  const content = at.get('value') ?? at.get('record');
  const known = members.every(([name]) => ['collection', 'record', 'value'].includes(name));
  if (named === undefined || line[named] !== 0x22 || at.size !== members.length || !known || at.size > 2) {
    const message = 'It is not of the form {"collection":"…","record":…}';
    throw new BitacoraError('USAGE', message);
  }
  const collection = stringAt(line, named, valueEnd(line, named, line.length));
  if (content === undefined) return { collection, shape, json: undefined };
  return { collection, shape, json: line.subarray(content, valueEnd(line, content, line.length)) };
}

function parseNumbered(line: Uint8Array, number: number): RecordPart | undefined {
  if (line.length > LINE_BYTES_MAX) throw lineTooLong(number);
  try {
    return parseRecordLine(line);
  } catch (error) {
    const about = error instanceof JsonError || error instanceof BitacoraError;
    if (!about) throw error;
    const message = `Line ${number} of the records cannot be read: ${error.message.replace(/\.$/, '')}.`;
    throw new BitacoraError('USAGE', message, { details: { line: number } });
  }
}

function lineTooLong(number: number): BitacoraError {
  const message = `Line ${number} of the records has more than ${LINE_BYTES_MAX} bytes.`;
  return new BitacoraError('TOO_LARGE', message, { details: { line: number } });
}
