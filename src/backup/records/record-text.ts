import { asBuffer, BitacoraError, concatBytes } from '../../base/index.js';
import { JsonError } from '../../engine/index.js';
import { LINE_BYTES_MAX, parseRecordLine, readRecordLines } from './record-lines.js';
import type { RecordPart } from './record-source.js';
import { sliceData } from './slice-data.js';

/** Records as one JSON object, which is in memory as a whole. */
export const DATA_BYTES_MAX = 64 * 2 ** 20;
/** Records as NDJSON. */
export const LINES_BYTES_MAX = 2 ** 30;

const NEWLINE = 0x0a;

/** How records are written down: one object with a member a collection, or a line a record. */
export type RecordForm = 'json' | 'ndjson';

/** The parts of records in a form. Throws as `sliceData` and `readRecordLines`, and `TOO_LARGE`. */
export async function* readRecords(
  form: RecordForm,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly RecordPart[]> {
  if (form === 'ndjson') yield* readRecordLines(atMost(source, LINES_BYTES_MAX, form));
  else yield* sliceData(await whole(atMost(source, DATA_BYTES_MAX, form)));
}

/** Which form bytes are in, by their first line; and all of them, from the first on. Throws what the source throws. */
export async function detectForm(
  source: AsyncIterable<Uint8Array>,
): Promise<{ readonly form: RecordForm; readonly bytes: AsyncIterable<Uint8Array> }> {
  const iterator = source[Symbol.asyncIterator]();
  const seen: Uint8Array[] = [];
  let form: RecordForm | undefined;
  for (let size = 0; form === undefined && size <= LINE_BYTES_MAX; ) {
    const { value, done } = await iterator.next();
    if (!done) {
      seen.push(value);
      size += value.length;
    }
    if (done || value.includes(NEWLINE)) form = formOf(concatBytes(seen), done ?? false);
  }
  return { form: form ?? 'json', bytes: from(seen, iterator) };
}

/** Undefined where there are only empty lines so far. */
function formOf(bytes: Uint8Array, ended: boolean): RecordForm | undefined {
  const text = asBuffer(bytes);
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf(NEWLINE, at);
    if (end < 0 && !ended) return undefined;
    const line = text.subarray(at, end < 0 ? text.length : end);
    try {
      if (parseRecordLine(line)) return 'ndjson';
    } catch (error) {
      if (error instanceof JsonError || error instanceof BitacoraError) return 'json';
      throw error;
    }
    at = end < 0 ? text.length : end + 1;
  }
  return ended ? 'ndjson' : undefined;
}

async function* from(seen: Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  let ended = false;
  try {
    yield* seen.splice(0);
    for (;;) {
      const next = await rest.next();
      if (next.done) break;
      yield next.value;
    }
    ended = true;
  } finally {
    if (!ended) await rest.return?.();
  }
}

async function* atMost(source: AsyncIterable<Uint8Array>, most: number, form: RecordForm): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const bytes of source) {
    size += bytes.length;
    if (size > most) throw tooLarge(form);
    yield bytes;
  }
}

/** The error of more records than may come in one call. */
export function tooLarge(form: RecordForm): BitacoraError {
  const [most, hint] =
    form === 'json' ? [DATA_BYTES_MAX, ' Send them as NDJSON, a line a record.'] : [LINES_BYTES_MAX, ''];
  return new BitacoraError('TOO_LARGE', `The records have more than ${most / 2 ** 20} MiB.${hint}`);
}

async function whole(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const bytes of source) parts.push(bytes);
  return parts.length === 1 ? parts[0]! : concatBytes(parts);
}
