import { createReadStream } from 'node:fs';
import { type RecordBody, recordBodyOf, sentRecords } from '../api/index.js';
import { BitacoraError, concatBytes, errnoCode } from '../base/index.js';
import { standardInput } from './standard-input.js';

/**
 * The records that `--records FILE` means, or `--records -` for standard input: NDJSON, or one JSON object with a member a collection.
 *
 * @throws {BitacoraError} `USAGE` on a terminal; `SOURCE_MISSING`, `SOURCE_UNREADABLE`; `TOO_LARGE` for an object that is.
 */
export async function readRecordsFlag(flag: string | undefined): Promise<RecordBody | undefined> {
  if (flag === undefined) return undefined;
  const { DATA_BYTES_MAX, detectForm, tooLarge } = await import('../backup/index.js');
  const { form, bytes } = await detectForm(flag === '-' ? standardInput('--records -') : fileBytes(flag));
  if (form === 'ndjson') return sentRecords(form, bytes);
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of bytes) {
    size += part.length;
    if (size > DATA_BYTES_MAX) throw tooLarge(form);
    parts.push(part);
  }
  return recordBodyOf(form, concatBytes(parts));
}

async function* fileBytes(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path) as AsyncIterable<Uint8Array>;
  } catch (error) {
    const code = errnoCode(error);
    if (code === undefined) throw error;
    const missing = code === 'ENOENT' || code === 'ENOTDIR';
    const message = `Cannot read the records "${path}": ${missing ? 'it does not exist' : code}.`;
    throw new BitacoraError(missing ? 'SOURCE_MISSING' : 'SOURCE_UNREADABLE', message, { cause: error });
  }
}
