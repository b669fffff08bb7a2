import { decodeBody, encodeBody } from './body.js';
import type { Fields } from './fields.js';

/** A source that a user's snapshots are taken from unless they say otherwise. */
export interface RegistrySource {
  readonly kind: 'path';
  /** Absolute, in bytes. */
  readonly path: Uint8Array;
  /** Whether it is captured behind the end of each session. */
  readonly atSessionEnd: boolean;
}

/** What the vault knows of a user name, docs/format.md §5. */
export interface RegistryRecord {
  /** From 1; the number in the object's name, so that no older record can be put in a newer one's place. */
  readonly version: number;
  readonly name: string;
  /** 16 bytes. */
  readonly uid: Uint8Array;
  readonly created: number;
  readonly state: 'active' | 'erased';
  readonly sources: readonly RegistrySource[];
  /** Patterns left out of this user's snapshots. */
  readonly exclude: readonly string[];
  /** How much may be stored of this user, bytes, 0 for no limit; left out: as the configuration has it. */
  readonly quota?: number | undefined;
}

function readSource(fields: Fields): RegistrySource {
  const source: RegistrySource = {
    kind: fields.word('kind', ['path']),
    path: fields.bytes('path'),
    atSessionEnd: fields.has('at_session_end') && fields.flag('at_session_end'),
  };
  fields.end();
  return source;
}

function readRecord(fields: Fields): RegistryRecord {
  const record: RegistryRecord = {
    version: fields.int('version'),
    name: fields.text('name'),
    uid: fields.bytes('uid', 16),
    created: fields.int('created'),
    state: fields.word('state', ['active', 'erased']),
    sources: fields.maps('sources', readSource),
    exclude: fields.texts('exclude'),
    ...(fields.has('quota') ? { quota: fields.int('quota') } : {}),
  };
  fields.end();
  return record;
}

/** The body of a registry record. @throws {TypeError} on a record that no reader would accept. */
export function encodeRegistryRecord(record: RegistryRecord): Uint8Array {
  const { version, name, uid, created, state, quota } = record;
  const sources = record.sources.map(({ kind, path, atSessionEnd }) =>
    atSessionEnd ? { kind, path, at_session_end: true } : { kind, path },
  );
  const more = quota === undefined ? {} : { quota };
  return encodeBody({ version, name, uid, created, state, sources, exclude: [...record.exclude], ...more }, readRecord);
}

/** Reads the body of a registry record; its runs of bytes are views. @throws {BitacoraError} `DATA_CORRUPT`, `FORMAT_NEWER`. */
export function decodeRegistryRecord(bytes: Uint8Array, object = 'a registry record'): RegistryRecord {
  return decodeBody(bytes, object, readRecord);
}
