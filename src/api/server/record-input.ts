import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DATA_BYTES_MAX } from '../../backup/index.js';
import { asBuffer, BitacoraError, concatBytes, OPEN_OBJECT } from '../../base/index.js';
import { type Engine, rememberTable, scanInWorker } from '../../engine/index.js';
import { MEDIA } from '../protocol.js';
import { type RecordBody, recordBodyOf, sentRecords } from '../records/body.js';
import { InFlight } from './in-flight.js';
import { inflate } from './inflate.js';
import { jsonReader } from './json-input.js';
import { DEFAULT_LIMITS, type ServerLimits } from './parts.js';
import { mediaType, uploaded } from './request.js';

/** What stands beside the records is parsed as a whole, and may be no longer than a body without records. */
const BESIDE_BYTES_MAX = DEFAULT_LIMITS.bodyBytesMax;
/** A JSON body with records in it, and its other members. */
export const RECORDS_BODY_BYTES_MAX = DATA_BYTES_MAX + BESIDE_BYTES_MAX;
/** NDJSON up to this length is taken in before the work begins, so that the work can be done again. */
const HELD_BYTES_MOST = 4 * 2 ** 20;
/** What JSON's `null` begins with, and no other value. */
const NULL = 0x6e;

/** A JSON body with its member `data` left as it was sent. */
interface JsonBody {
  readonly members: unknown;
  readonly data: SentData | undefined;
}

interface SentData {
  readonly bytes: Uint8Array;
  readonly hash: Uint8Array | undefined;
}

/** Has the routes of a scope take records: in JSON, in lines, and either packed with gzip. */
export function takeRecords(
  app: FastifyInstance,
  { recordBytesMax }: Pick<ServerLimits, 'recordBytesMax'>,
  engine: () => Promise<Engine>,
): void {
  const inFlight = new InFlight(recordBytesMax);
  const parse = jsonReader(app);
  app.removeContentTypeParser(MEDIA.json);
  app.addContentTypeParser(
    MEDIA.json,
    { parseAs: 'buffer', bodyLimit: RECORDS_BODY_BYTES_MAX },
    (request: FastifyRequest, body: Buffer, done): void => {
      splitData(body, engine).then(({ rest, data }) => {
        parse(request, rest, (error, members) => {
          // What stands there in the place of the records is no member of the input.
          if (members && typeof members === 'object' && !error) delete (members as { data?: unknown }).data;
          done(error, { members, data } satisfies JsonBody);
        });
      }, done);
    },
  );
  app.addContentTypeParser(MEDIA.lines, (_request, _payload, done) => done(null, undefined));
  app.addHook('preParsing', (request, reply, payload, done) => {
    try {
      const packed = isPacked(request);
      const isJson = mediaType(request) === MEDIA.json;
      // Of longer lines a few pieces lie in memory.
      inFlight.admit(request, reply, isJson ? RECORDS_BODY_BYTES_MAX : HELD_BYTES_MOST, packed);
      done(null, packed && isJson ? unpacked(payload) : payload);
    } catch (error) {
      done(error as Error);
    }
  });
}

/** What a call to such a route brings in its body. */
export function jsonBody(body: unknown): JsonBody {
  return (body ?? { members: undefined, data: undefined }) as JsonBody;
}

/** The records of a call, once it is sure that its caller may make it. Throws `USAGE`, and what the connection throws. */
export async function recordsOf(request: FastifyRequest): Promise<RecordBody | undefined> {
  if (mediaType(request) === MEDIA.lines) {
    const source = uploaded(request);
    return heldOrSent(isPacked(request) ? inflate(source) : source);
  }
  const data = mediaType(request) === MEDIA.json ? jsonBody(request.body).data : undefined;
  return data && recordBodyOf('json', data.bytes, data.hash);
}

/** The body changes hands. */
async function splitData(
  body: Uint8Array,
  engine: () => Promise<Engine>,
): Promise<{ rest: string; data: SentData | undefined }> {
  const { bytes, scan } = await scanInWorker(engine, body);
  if (scan.problem !== undefined) throw new BitacoraError('USAGE', `The call cannot be read: ${scan.problem}.`);
  const { start, end } = scan.data ?? { start: bytes.length, end: bytes.length };
  if (bytes.length - (end - start) > BESIDE_BYTES_MAX) {
    const message = `What stands beside "data" has more than ${BESIDE_BYTES_MAX / 2 ** 20} MiB.`;
    throw new BitacoraError('TOO_LARGE', message);
  }
  const text = asBuffer(bytes);
  const rest = `${text.toString('utf8', 0, start)}${scan.data ? 'null' : ''}${text.toString('utf8', end)}`;
  if (!scan.data || bytes[start] === NULL) return { rest, data: undefined };
  if (bytes[start] !== OPEN_OBJECT) {
    throw new BitacoraError('USAGE', 'The call is wrong. "data": it is an object with a member for each collection.');
  }
  const data = bytes.subarray(start, end);
  if (scan.table) rememberTable(data, scan.table);
  return { rest, data: { bytes: data, hash: scan.hash } };
}

async function heldOrSent(source: AsyncIterable<Uint8Array>): Promise<RecordBody> {
  const iterator = source[Symbol.asyncIterator]();
  const held: Uint8Array[] = [];
  for (let size = 0; size <= HELD_BYTES_MOST; ) {
    const { value, done } = await iterator.next();
    if (done) return recordBodyOf('ndjson', concatBytes(held));
    held.push(value);
    size += value.length;
  }
  return sentRecords('ndjson', behind(held, iterator));
}

async function* behind(held: Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* held.splice(0);
    for (;;) {
      const { value, done } = await rest.next();
      if (done) return;
      yield value;
    }
  } finally {
    await rest.return?.();
  }
}

/** @throws {BitacoraError} `USAGE` for a coding other than gzip. */
function isPacked({ headers }: FastifyRequest): boolean {
  const coding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (coding === 'gzip' || coding === 'x-gzip') return true;
  if (coding === 'identity') return false;
  throw new BitacoraError('USAGE', `The body is packed with "${coding}"; only gzip is understood.`);
}

/** How long it was before is told as Fastify asks for it. */
function unpacked(payload: AsyncIterable<Uint8Array>): Readable & { receivedEncodedLength: number } {
  let received = 0;
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const bytes of payload) {
      received += bytes.length;
      yield bytes;
    }
  };
  const stream = Readable.from(inflate(counted()), { objectMode: false });
  return Object.defineProperty(stream, 'receivedEncodedLength', { get: () => received }) as Readable & {
    receivedEncodedLength: number;
  };
}
