import { decodeBody, encodeBody } from './body.js';
import { newer } from './failure.js';
import type { Fields } from './fields.js';

/** What a bearer token may do, docs/format.md §5. The token itself is in no object. */
export interface TokenRecord {
  /** From 1; the number in the object's name. */
  readonly version: number;
  /** 8 bytes. */
  readonly id: Uint8Array;
  /** SHA-256 of the secret's 32 bytes. */
  readonly hash: Uint8Array;
  /** What people call it. */
  readonly name: string;
  /** User names; null: all users. */
  readonly users: readonly string[] | null;
  readonly scopes: readonly AccessScope[];
  /** Milliseconds since 1970, as all times. */
  readonly created: number;
  /** From when on it counts no more; 0: never. */
  readonly expires: number;
  /** When it was used last, to the day; 0: never. */
  readonly used: number;
}

/** What somebody may do who is no administrator. `metrics` is to read the figures of the daemon, and nothing else. */
export const ACCESS_SCOPES = ['backup', 'restore', 'list', 'admin', 'metrics'] as const;
export type AccessScope = (typeof ACCESS_SCOPES)[number];

function readScopes(fields: Fields): AccessScope[] {
  return fields.texts('scopes').map((text) => {
    const scope = ACCESS_SCOPES.find((one) => one === text);
    if (scope !== undefined) return scope;
    throw newer(fields.object, `it has the scope ${JSON.stringify(text)}, which this version does not know`);
  });
}

function readTokenRecord(fields: Fields): TokenRecord {
  const everybody = fields.word('whom', ['all', 'some']) === 'all';
  const users = fields.texts('users');
  if (everybody && users.length > 0) throw fields.fail('users', 'empty');
  const record: TokenRecord = {
    version: fields.int('version', 1),
    id: fields.bytes('id', 8),
    hash: fields.bytes('hash', 32),
    name: fields.text('name'),
    users: everybody ? null : users,
    scopes: readScopes(fields),
    created: fields.int('created'),
    expires: fields.int('expires'),
    used: fields.int('used'),
  };
  fields.end();
  return record;
}

/** The body of a token's record. @throws {TypeError} on a record that no reader would accept. */
export function encodeTokenRecord(record: TokenRecord): Uint8Array {
  const { version, id, hash, name, users, created, expires, used } = record;
  const scopes = [...record.scopes];
  const whom = users === null ? 'all' : 'some';
  return encodeBody(
    { version, id, hash, name, whom, users: [...(users ?? [])], scopes, created, expires, used },
    readTokenRecord,
  );
}

/** Reads the body of a token's record; its runs of bytes are views. @throws {BitacoraError} `DATA_CORRUPT`, `FORMAT_NEWER`. */
export function decodeTokenRecord(bytes: Uint8Array, object = 'a token record'): TokenRecord {
  return decodeBody(bytes, object, readTokenRecord);
}
