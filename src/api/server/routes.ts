import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import type { ZodType } from 'zod';
import { BitacoraError } from '../../base/index.js';
import { authorize, type Deciding } from '../authority.js';
import type { ItemStream, OperationContext, Route } from '../operation.js';
import { OPERATIONS } from '../operations.js';
import { MEDIA } from '../protocol.js';
import type { Instead } from '../without-target.js';
import { answerBytes, answerDocument, answerItems } from './direct-answers.js';
import { InputReader } from './input.js';
import { type Answering, answerJob } from './job-answers.js';
import type { ServerParts } from './parts.js';
import { jsonBody, RECORDS_BODY_BYTES_MAX, recordsOf, takeRecords } from './record-input.js';
import { mediaType } from './request.js';

/** An entry of the table of operations without its types, which are each other's only entry by entry. */
interface AnyEntry extends Route {
  readonly answer: 'document' | 'items' | 'bytes';
  status?(answer: unknown): number;
  instead?(input: unknown): Instead | undefined;
  mediaType?(input: unknown): string;
  load(): Promise<(context: OperationContext, input: unknown) => Promise<unknown>>;
  contract(): Promise<{ readonly input: ZodType }>;
}

/** Adds a route for every operation of the table. */
export async function addOperations(app: FastifyInstance, answering: Answering): Promise<void> {
  const withRecords: RouteOptions[] = [];
  for (const [name, entry] of Object.entries(OPERATIONS) as unknown as [string, AnyEntry][]) {
    const reader = whenAsked(async () => new InputReader((await entry.contract()).input));
    const route: RouteOptions = {
      method: entry.method,
      url: entry.path,
      config: { operation: name, who: entry.who },
      handler: (request, reply) => answer(request, reply, answering, { name, entry, reader }),
    };
    if (entry.records) withRecords.push(route);
    else app.route(route);
  }
  // What holds for their bodies holds for no others.
  await app.register(async (scope) => {
    takeRecords(scope, answering.limits, () => answering.parts.host.engine());
    for (const route of withRecords) scope.route({ ...route, bodyLimit: RECORDS_BODY_BYTES_MAX });
  });
}

interface Operation {
  readonly name: string;
  readonly entry: AnyEntry;
  /** Made with the first call. */
  readonly reader: () => Promise<InputReader<unknown>>;
}

/** Made once, when it is first asked for; a failure is not kept. */
function whenAsked<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

async function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  answering: Answering,
  { name, entry, reader }: Operation,
): Promise<unknown> {
  const input = readInput(request, entry, await reader());
  const caller = answering.callers.of(request);
  await authorize(caller, entry.who, input as Record<string, unknown>, decidingOf(answering.parts.host));
  const other = entry.instead?.(input);
  if (other)
    return answerRun(request, reply, answering, OPERATIONS[other.operation] as unknown as AnyEntry, other.input);
  const status = (document: unknown): number => entry.status?.(document) ?? 200;
  if (entry.job) {
    const records = entry.records ? await recordsOf(request) : undefined;
    const call = { name, traits: entry.job, input: input as Record<string, unknown>, records, status };
    return answerJob(request, reply, answering, call);
  }
  return answerRun(request, reply, answering, entry, input);
}

/** Answers at once. */
async function answerRun(
  request: FastifyRequest,
  reply: FastifyReply,
  answering: Answering,
  entry: AnyEntry,
  input: unknown,
): Promise<unknown> {
  const status = (document: unknown): number => entry.status?.(document) ?? 200;
  const operation = await entry.load();
  const run = (context: OperationContext): Promise<unknown> => operation(context, input);
  if (entry.answer === 'document') return answerDocument(request, reply, answering, run, status);
  if (entry.answer === 'items') {
    return answerItems(request, reply, answering, run as () => Promise<ItemStream<object, unknown>>);
  }
  const mediaType = entry.mediaType?.(input) ?? MEDIA.bytes;
  return answerBytes(request, reply, answering, run as () => Promise<AsyncIterable<Uint8Array>>, mediaType);
}

/** What deciding takes, with the settings that are in force now. */
export function decidingOf({ vault, daemon, settings }: ServerParts['host']): Deciding {
  return { vault, queue: daemon.queue, access: settings.access };
}

/** Where there is no JSON body, the query stands for it. */
function readInput(request: FastifyRequest, entry: AnyEntry, reader: InputReader<unknown>): unknown {
  const upload = request.headers['content-type'] === MEDIA.bytes;
  const byQuery = upload || mediaType(request) === MEDIA.lines;
  if (upload && !entry.upload) throw new BitacoraError('USAGE', 'The body of this call is application/json.');
  const params = { ...(request.params as Record<string, unknown>), ...keyOf(request, reader) };
  const query = request.query as Record<string, unknown>;
  if (entry.method === 'GET' || entry.method === 'DELETE' || byQuery) return reader.read([params, query], undefined);
  if (Object.keys(query).length > 0) {
    throw new BitacoraError('USAGE', 'This call takes its input as a JSON object in the body, not as a query.');
  }
  return reader.read([params], entry.records ? jsonBody(request.body).members : request.body);
}

/** The key that tells a repeat of the call, where it is one that knows such keys and the header has it. */
function keyOf({ headers }: FastifyRequest, { schema }: InputReader<unknown>): Record<string, unknown> {
  const key = headers['idempotency-key'];
  return key !== undefined && schema.properties?.idempotency_key ? { idempotency_key: key } : {};
}
