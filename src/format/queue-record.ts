import { decodeUtf8, utf8 } from '../base/index.js';
import { decodeBody, encodeBody } from './body.js';
import type { Fields } from './fields.js';
import { QUEUE_PARTS_MAX } from './object-names.js';

/** A job that was acknowledged and has not ended, docs/format.md §5. */
export interface QueueRecord {
  /** UUIDv7, 16 bytes. */
  readonly id: Uint8Array;
  readonly submitted: number;
  readonly operation: string;
  /** Null: all users. */
  readonly user: string | null;
  readonly access: 'read' | 'write' | 'exclusive';
  /** What the operation is to work on, as JSON. */
  readonly input: string;
  /** The bytes that came with it, in parts of their own. */
  readonly body: QueueBody | undefined;
}

export interface QueueBody {
  /** The operation's word for what they are. */
  readonly type: string;
  readonly parts: number;
  /** Of all parts. */
  readonly bytes: number;
  /** SHA-256 of what the parts hold, one behind the other. */
  readonly hash: Uint8Array;
}

/** A part of what came with a job, docs/format.md §5. */
export interface QueuePart {
  /** Of the job, 16 bytes. */
  readonly id: Uint8Array;
  /** From 1. */
  readonly part: number;
  readonly bytes: Uint8Array;
}

/** What a part holds at most. */
export const QUEUE_PART_BYTES_MAX = 8 << 20;

function readBody(fields: Fields): QueueBody {
  const body = {
    type: fields.text('type'),
    parts: fields.int('parts', 0, QUEUE_PARTS_MAX),
    bytes: fields.int('bytes'),
    hash: fields.bytes('hash', 32),
  };
  fields.end();
  return body;
}

function readQueueRecord(fields: Fields): QueueRecord {
  const input = decodeUtf8(fields.bytes('input'));
  if (input === undefined) throw fields.fail('input', 'UTF-8');
  const record: QueueRecord = {
    id: fields.bytes('id', 16),
    submitted: fields.int('submitted'),
    operation: fields.text('operation'),
    user: fields.textOrNil('user'),
    access: fields.word('access', ['read', 'write', 'exclusive']),
    input,
    body: fields.has('body') ? readBody(fields.map('body')) : undefined,
  };
  fields.end();
  return record;
}

/** The body of a queue file. @throws {TypeError} on a record that no reader would accept. */
export function encodeQueueRecord(record: QueueRecord): Uint8Array {
  const { id, submitted, operation, user, access, input, body } = record;
  const wire = { id, submitted, operation, user, access, input: utf8(input) };
  return encodeBody(body ? { ...wire, body: { ...body } } : wire, readQueueRecord);
}

/** Reads the body of a queue file. @throws {BitacoraError} `DATA_CORRUPT`, `FORMAT_NEWER`. */
export function decodeQueueRecord(bytes: Uint8Array, object = 'a queue file'): QueueRecord {
  return decodeBody(bytes, object, readQueueRecord);
}

function readPart(fields: Fields): QueuePart {
  const part = {
    id: fields.bytes('id', 16),
    part: fields.int('part', 1, QUEUE_PARTS_MAX),
    bytes: fields.bytes('bytes'),
  };
  fields.end();
  return part;
}

/** The body of a part. @throws {TypeError} on one that no reader would accept. */
export function encodeQueuePart({ id, part, bytes }: QueuePart): Uint8Array {
  return encodeBody({ id, part, bytes }, readPart);
}

/** Reads the body of a part; its bytes are a view. @throws {BitacoraError} `DATA_CORRUPT`, `FORMAT_NEWER`. */
export function decodeQueuePart(bytes: Uint8Array, object = 'a part of a job'): QueuePart {
  return decodeBody(bytes, object, readPart);
}
