import type { RecordForm, RecordSource } from '../../backup/index.js';

/** The records that come with a call. */
export interface RecordBody {
  /** `json`: the JSON of `data`; `ndjson`: a record a line. */
  readonly kind: RecordForm;
  /** Undefined where they are being sent still, and can be read once only. Not to be changed. */
  readonly bytes: Uint8Array | undefined;
  /** The SHA-256 of the bytes, where it is known already. */
  readonly hash: Uint8Array | undefined;
  /** The bytes in their form, for whoever passes them on. */
  read(): AsyncIterable<Uint8Array>;
  /** What they say, checked as it is read: see `RecordSource`. */
  readonly open: RecordSource['open'];
}

/** The records that bytes hold, which is looked at when they are opened. Throws `TypeError` for a form that there is not. */
export function recordBodyOf(kind: string, bytes: Uint8Array, hash?: Uint8Array): RecordBody {
  if (kind !== 'json' && kind !== 'ndjson') throw new TypeError(`Records have no form "${kind}".`);
  const read = async function* (): AsyncGenerator<Uint8Array> {
    yield bytes;
  };
  return { kind, bytes, hash, read, open: () => parts(kind, read()) };
}

/** Records that are being sent, once. */
export function sentRecords(kind: RecordForm, source: AsyncIterable<Uint8Array>): RecordBody {
  return { kind, bytes: undefined, hash: undefined, read: () => source, open: () => parts(kind, source) };
}

/** Loaded only when records are read: who passes them on needs nothing of backups. */
async function* parts(
  kind: RecordForm,
  source: AsyncIterable<Uint8Array>,
): ReturnType<RecordSource['open']> extends AsyncIterable<infer Parts> ? AsyncGenerator<Parts> : never {
  const { readRecords } = await import('../../backup/index.js');
  yield* readRecords(kind, source);
}

/** The records as one JSON object, where they are that and have come as a whole. */
export function jsonOf(records: RecordBody | undefined): Uint8Array | undefined {
  return records?.kind === 'json' ? records.bytes : undefined;
}
