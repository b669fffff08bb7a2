import type { Wire } from './body.js';
import type { Fields } from './fields.js';

export const SNAPSHOT_KINDS = ['session_end', 'periodic', 'manual', 'critical'] as const;
export type SnapshotKind = (typeof SNAPSHOT_KINDS)[number];

export const SNAPSHOT_STATUSES = ['complete', 'partial'] as const;
export type SnapshotStatus = (typeof SNAPSHOT_STATUSES)[number];

/** Failures beyond these are counted, not listed. */
export const MANIFEST_FAILURES_MAX = 1000;

/** What a snapshot captured whole, and the root of its tree. */
export interface ScopeRecord {
  readonly scope: string;
  /** The absolute path of a `path:` scope, in bytes. */
  readonly path: Uint8Array;
  /** A directory entry (docs/format.md §9) with an empty name. */
  readonly entry: Uint8Array;
  readonly files: number;
  readonly bytes: number;
}

/** A source item that could not be read. */
export interface FailureRecord {
  readonly path: Uint8Array;
  readonly code: string;
  readonly message: string;
}

const COUNT_KEYS = {
  files: 'files',
  directories: 'directories',
  others: 'others',
  filesNew: 'files_new',
  filesChanged: 'files_changed',
  filesUnchanged: 'files_unchanged',
  filesUnread: 'files_unread',
  bytes: 'bytes',
  bytesRead: 'bytes_read',
  bytesNew: 'bytes_new',
  bytesAdded: 'bytes_added',
  chunksNew: 'chunks_new',
} as const;

/** How much a snapshot saw, read and stored; `bytesAdded` are pack bytes. */
export type ManifestCounts = { readonly [key in keyof typeof COUNT_KEYS]: number };

/** Of a snapshot that captured nothing. */
export const NO_COUNTS = Object.fromEntries(Object.keys(COUNT_KEYS).map((name) => [name, 0])) as ManifestCounts;

/** The record of a snapshot, docs/format.md §8. Writing it is the commit. Times are milliseconds since 1970. */
export interface Manifest {
  /** 16 bytes, UUIDv7. */
  readonly backupId: Uint8Array;
  readonly kind: SnapshotKind;
  readonly status: SnapshotStatus;
  readonly started: number;
  readonly captured: number;
  /** The snapshot whose tree was merged, 16 bytes. */
  readonly parent: Uint8Array | null;
  readonly scopes: readonly ScopeRecord[];
  /** Scopes that no longer exist from here on. */
  readonly ended: readonly string[];
  readonly session: string | null;
  readonly reason: string | null;
  readonly job: string | null;
  readonly idempotency: string | null;
  /** Hashes of the packs that this snapshot added or was the first to need, 32 bytes each. */
  readonly packs: readonly Uint8Array[];
  readonly counts: ManifestCounts;
  /** `count` is how many there were, `items` at most the first 1,000. */
  readonly failures: { readonly count: number; readonly items: readonly FailureRecord[] };
  readonly program: string;
  readonly host: string;
  /** What compressed the data that it added; undefined in manifests of before this was kept. */
  readonly codec?: string | undefined;
}

/** Free text comes from systems and libraries: half a surrogate pair in it must not make a manifest unwritable. */
function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}

function wireCounts(counts: ManifestCounts): Wire {
  return Object.fromEntries(
    Object.entries(COUNT_KEYS).map(([name, key]) => [key, counts[name as keyof ManifestCounts]]),
  );
}

function wireFailure({ path, code, message }: FailureRecord): Wire {
  return { path, code, message: wellFormed(message) };
}

/** The manifest under the keys of docs/format.md §8. */
export function wireManifest(manifest: Manifest): Wire {
  const { kind, status, started, captured, parent, ended, session, job, idempotency, packs, program } = manifest;
  return {
    backup_id: manifest.backupId,
    kind,
    status,
    started,
    captured,
    parent,
    scopes: manifest.scopes.map(({ scope, path, entry, files, bytes }) => ({ scope, path, entry, files, bytes })),
    ended,
    session,
    reason: manifest.reason === null ? null : wellFormed(manifest.reason),
    job,
    idempotency,
    packs,
    counts: wireCounts(manifest.counts),
    failures: { count: manifest.failures.count, items: manifest.failures.items.map(wireFailure) },
    program,
    host: wellFormed(manifest.host),
    ...(manifest.codec === undefined ? {} : { codec: manifest.codec }),
  };
}

function readScope(fields: Fields): ScopeRecord {
  const scope: ScopeRecord = {
    scope: fields.text('scope'),
    path: fields.bytes('path'),
    entry: fields.bytes('entry'),
    files: fields.int('files'),
    bytes: fields.int('bytes'),
  };
  fields.end();
  return scope;
}

function readFailure(fields: Fields): FailureRecord {
  const failure: FailureRecord = {
    path: fields.bytes('path'),
    code: fields.text('code'),
    message: fields.text('message'),
  };
  fields.end();
  return failure;
}

function readFailures(fields: Fields): Manifest['failures'] {
  const items = fields.maps('items', readFailure);
  if (items.length > MANIFEST_FAILURES_MAX) throw fields.fail('items', `at most ${MANIFEST_FAILURES_MAX} failures`);
  const failures = { count: fields.int('count', items.length), items };
  fields.end();
  return failures;
}

function readCounts(fields: Fields): ManifestCounts {
  const counts = Object.fromEntries(Object.entries(COUNT_KEYS).map(([name, key]) => [name, fields.int(key)]));
  fields.end();
  return counts as ManifestCounts;
}

/** Reads a manifest under the keys of docs/format.md §8. @throws {BitacoraError} `DATA_CORRUPT`, `FORMAT_NEWER`. */
export function readManifest(fields: Fields): Manifest {
  const manifest: Manifest = {
    backupId: fields.bytes('backup_id', 16),
    kind: fields.word('kind', SNAPSHOT_KINDS),
    status: fields.word('status', SNAPSHOT_STATUSES),
    started: fields.int('started'),
    captured: fields.int('captured'),
    parent: fields.bytesOrNil('parent', 16),
    scopes: fields.maps('scopes', readScope),
    ended: fields.texts('ended'),
    session: fields.textOrNil('session'),
    reason: fields.textOrNil('reason'),
    job: fields.textOrNil('job'),
    idempotency: fields.textOrNil('idempotency'),
    packs: fields.bytesList('packs', 32),
    counts: readCounts(fields.map('counts')),
    failures: readFailures(fields.map('failures')),
    program: fields.text('program'),
    host: fields.text('host'),
    ...(fields.has('codec') ? { codec: fields.text('codec') } : {}),
  };
  fields.end();
  return manifest;
}
