import type { FastifySchema } from 'fastify';
import { type ZodType, z } from 'zod';
import { errorItem } from '../contract/common.js';
import { job } from '../contract/job.js';
import type { Route } from '../operation.js';
import { MEDIA } from '../protocol.js';
import { type JsonSchema, jsonSchema } from './input.js';

/** What a contract says of an answer: a document, or a head and items under a member, or the media type of bytes. */
export interface Described {
  readonly answer?: ZodType;
  readonly head?: ZodType;
  readonly item?: ZodType;
  readonly tail?: ZodType<object>;
  readonly member?: string;
  readonly mediaTypes?: readonly string[];
}

const ERROR = jsonSchema(z.strictObject({ error: errorItem }), 'output');
const ACCEPTED = jsonSchema(z.strictObject({ job_id: z.uuid() }), 'output');
const EVENT = jsonSchema(job, 'output');
const FAILURE = { description: 'What went wrong.', content: { [MEDIA.json]: { schema: ERROR } } };

/** Records that come with a call. */
const DATA: JsonSchema = {
  type: 'object',
  description: 'Collections by name: an array is a list of records, anything else a value. Each is kept as it is sent.',
  additionalProperties: true,
};
const RECORD_LINE: JsonSchema = {
  type: 'object',
  description:
    'A record a line; the other members of the input are the query. `value` in the place of `record` is a collection that is one value.',
  properties: { collection: { type: 'string' }, record: {}, value: {} },
  required: ['collection'],
};

/** The calls that are no operations. */
export const VERSION = {
  operationId: 'version',
  summary: 'Which program answers, and which version of the API it speaks.',
  response: {
    200: {
      description: 'It answers.',
      content: {
        [MEDIA.json]: { schema: jsonSchema(z.strictObject({ version: z.string(), api: z.int() }), 'output') },
      },
    },
    '4xx': FAILURE,
  },
} as FastifySchema;
export const METRICS = {
  operationId: 'metrics',
  summary: 'Figures of the daemon, as Prometheus reads them.',
  response: {
    200: { description: 'The figures.', content: { 'text/plain': { schema: { type: 'string' } } } },
    '4xx': FAILURE,
  },
} as FastifySchema;
export const JOB_EVENTS = {
  operationId: 'job-events',
  summary: 'The changes of one job up to its end, as server-sent events.',
  params: { type: 'object', properties: { job_id: { type: 'string' } }, required: ['job_id'] },
  response: {
    200: { description: 'Each event is the job.', content: { [MEDIA.events]: { schema: EVENT } } },
    '4xx': FAILURE,
  },
} as FastifySchema;

/** A route, and whether it may answer something else than its document. */
interface DescribedRoute extends Route {
  readonly instead?: unknown;
}

/** How a route appears in the OpenAPI document. It checks nothing: that is the contract's. */
export function describe(name: string, route: DescribedRoute, input: JsonSchema, contract: Described): FastifySchema {
  const inPath = new Set([...route.path.matchAll(/:(\w+)/g)].map(([, param]) => param!));
  const rest = Object.keys(input.properties ?? {}).filter((key) => !inPath.has(key));
  const byQuery = route.method === 'GET' || route.method === 'DELETE';
  const members = rest.length > 0 || !byQuery ? pick(input, rest) : undefined;
  return {
    operationId: name,
    summary: route.summary,
    ...(inPath.size > 0 ? { params: pick(input, [...inPath]) } : {}),
    ...(members && byQuery ? { querystring: members } : {}),
    ...(members && !byQuery && rest.length > 0 ? { body: { ...bodies(members, route) } } : {}),
    response: {
      200: { description: 'The answer.', content: answerContent(route, contract) },
      ...(route.job
        ? { 202: { description: 'It runs as this job.', content: { [MEDIA.json]: { schema: ACCEPTED } } } }
        : {}),
      '4xx': FAILURE,
      '5xx': FAILURE,
    },
  } as FastifySchema;
}

function bodies(members: JsonSchema, route: Route): object {
  const binary = { schema: { type: 'string', format: 'binary' } };
  return {
    content: {
      [MEDIA.json]: {
        schema: route.records ? { ...members, properties: { ...members.properties, data: DATA } } : members,
      },
      ...(route.upload ? { [MEDIA.bytes]: binary } : {}),
      ...(route.records ? { [MEDIA.lines]: { schema: RECORD_LINE } } : {}),
    },
  };
}

function answerContent(route: DescribedRoute, contract: Described): Record<string, { schema: JsonSchema }> {
  const events = route.job ? { [MEDIA.events]: { schema: EVENT } } : {};
  if (contract.answer) {
    const answer = jsonSchema(contract.answer, 'output');
    if (!route.instead) return { [MEDIA.json]: { schema: answer }, ...events };
    return { [MEDIA.json]: { schema: { anyOf: [answer, RECORDS] } }, [MEDIA.tar]: bytesOf(MEDIA.tar), ...events };
  }
  if (contract.item && contract.head && contract.member !== undefined) {
    const items = { type: 'array', items: jsonSchema(contract.item, 'output') };
    const tail = contract.tail ? jsonSchema(contract.tail, 'output') : undefined;
    return {
      [MEDIA.json]: { schema: joined(jsonSchema(contract.head, 'output'), contract.member, items, tail) },
      [MEDIA.lines]: { schema: {} },
    };
  }
  return Object.fromEntries((contract.mediaTypes ?? [MEDIA.bytes]).map((type) => [type, bytesOf(type)]));
}

const TEXT: JsonSchema = { type: 'string' };
const TEXTS: JsonSchema = { type: 'array', items: TEXT };
/** A document of records, whose collections are as they were sent. */
const RECORDS: JsonSchema = {
  type: 'object',
  properties: {
    user_id: TEXT,
    session_id: { anyOf: [TEXT, { type: 'null' }] },
    captured: TEXTS,
    folded_from: TEXTS,
    data: { type: 'object', additionalProperties: true },
    integrity_hash: { type: 'string', pattern: '^[0-9a-f]{64}$' },
  },
  required: ['user_id', 'session_id', 'captured', 'data', 'integrity_hash'],
};

function bytesOf(mediaType: string): { schema: JsonSchema } {
  return { schema: mediaType === MEDIA.json ? RECORDS : { type: 'string', format: 'binary' } };
}

/** What is in front of the items, they, and what is behind them. */
function joined(head: JsonSchema, member: string, items: JsonSchema, tail: JsonSchema | undefined): JsonSchema {
  return {
    ...head,
    properties: { ...head.properties, [member]: items, ...tail?.properties },
    required: [...(head.required ?? []), member, ...(tail?.required ?? [])],
  };
}

function pick(schema: JsonSchema, names: readonly string[]): JsonSchema {
  const properties = Object.entries(schema.properties ?? {}).filter(([name]) => names.includes(name));
  const required = (schema.required ?? []).filter((name) => names.includes(name));
  return {
    ...schema,
    properties: Object.fromEntries(properties),
    ...(required.length > 0 ? { required } : { required: [] }),
  };
}
