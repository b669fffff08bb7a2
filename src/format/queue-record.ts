import { decodeUtf8, utf8 } from '../base/index.js';
import { decodeBody, encodeBody } from './body.js';
import type { Fields } from './fields.js';

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
  };
  fields.end();
  return record;
}

/** The body of a queue file. @throws {TypeError} on a record that no reader would accept. */
export function encodeQueueRecord(record: QueueRecord): Uint8Array {
  const { id, submitted, operation, user, access, input } = record;
  return encodeBody({ id, submitted, operation, user, access, input: utf8(input) }, readQueueRecord);
}

/** Reads the body of a queue file. @throws {BitacoraError} `DATA_CORRUPT`, `FORMAT_NEWER`. */
export function decodeQueueRecord(bytes: Uint8Array, object = 'a queue file'): QueueRecord {
  return decodeBody(bytes, object, readQueueRecord);
}
