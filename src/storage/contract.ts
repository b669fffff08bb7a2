import type { ObjectName } from './names.js';
import type { ObjectSource } from './source.js';

export interface CallOptions {
  /** Checked before every step that may take long; an aborted call throws `CANCELLED`. */
  readonly signal?: AbortSignal | undefined;
}

export interface ListOptions extends CallOptions {
  /** Only names that sort after this one; need not exist. */
  readonly after?: string | undefined;
  /** False where only the names are wanted, which may spare a look at each object: `length` may be −1 then. */
  readonly lengths?: boolean | undefined;
}

export interface ObjectInfo {
  readonly length: number;
}

export interface ObjectEntry extends ObjectInfo {
  readonly name: ObjectName;
}

/** `exists`: the same bytes were there already. After a retry it may also mean that an earlier try had succeeded. */
export type PutOutcome = 'created' | 'exists';

/**
 * Reading. What is *missing* and what *cannot be told* differ everywhere: `OBJECT_MISSING` is certain.
 *
 * Errors of every method: `OBJECT_UNKNOWN` where the backend could not be asked, `BACKEND_FAILED` where reading failed
 * half-way, both with `retryable`; `CANCELLED`; a `TypeError` for a bad name or a closed backend.
 */
export interface ObjectReader {
  /** The whole object in a fresh buffer that the caller owns. Throws `OBJECT_MISSING`. */
  get(name: ObjectName, options?: CallOptions): Promise<Uint8Array>;
  /**
   * Exactly `length` bytes from `offset` in a fresh buffer that the caller owns. Throws `OBJECT_MISSING`, and
   * `DATA_CORRUPT` where the object ends before `offset + length`.
   */
  getRange(name: ObjectName, offset: number, length: number, options?: CallOptions): Promise<Uint8Array>;
  /** Undefined only when the object is certainly absent. */
  stat(name: ObjectName, options?: CallOptions): Promise<ObjectInfo | undefined>;
  /**
   * Objects whose names begin with `prefix` (any string prefix), in rising byte order of names. Objects that exist
   * throughout are all listed; those that come or go meanwhile may be. Throws rather than ending early.
   */
  list(prefix: string, options?: ListOptions): AsyncIterable<ObjectEntry>;
  /** Where other threads may read the object themselves; undefined on backends without local files. */
  localPath(name: ObjectName): string | undefined;
}

/** Writing never replaces anything: a name, once taken, keeps its bytes until it is removed. */
export interface ObjectWriter {
  /**
   * Stores an object; durable, name included, when it resolves.
   *
   * Callers never use one object's name as the directory of another (`a` and `a/b`).
   *
   * @param source - Bytes: not modified, not kept, must not change until the call settles. A file: consumed (gone)
   *   when the call resolves, still there when it throws, so that every call may be repeated.
   * @throws {BitacoraError} `OBJECT_EXISTS` if the name holds other bytes; `NO_SPACE`; `VAULT_READ_ONLY`;
   *   `DATA_CORRUPT` if a file source is not what it says; `OBJECT_UNKNOWN` if it could not be told whether the object
   *   was stored; `BACKEND_FAILED`. Repeating a call that threw is always safe.
   */
  put(name: ObjectName, source: ObjectSource, options?: CallOptions): Promise<PutOutcome>;
  /** The directory from which `put` takes files over without copying; undefined where it always copies. */
  spoolDirectory(): string | undefined;
}

/** Deleting is a handle of its own, so that code which reads or writes cannot delete. */
export interface ObjectRemover {
  /** Durable when it resolves; a missing object is fine. Throws `OBJECT_UNKNOWN` or `BACKEND_FAILED`. */
  remove(name: ObjectName, options?: CallOptions): Promise<void>;
  /**
   * Gives an object another name; durable when it resolves, and where it is interrupted the object may have both names.
   * A missing object that has the new name already is fine: repeating a call is always safe.
   *
   * @throws {BitacoraError} `OBJECT_MISSING` if there is none under either name; `OBJECT_EXISTS` if the new name holds another
   *   object; as `put` and `remove`.
   */
  move(from: ObjectName, to: ObjectName, options?: CallOptions): Promise<void>;
}

export interface Backend extends ObjectReader, ObjectWriter {
  /** `local`, `memory`, or a wrapper's view of one: for messages and metrics. */
  readonly kind: string;
  remover(): ObjectRemover;
  /** Waits for calls under way, then refuses new ones. May be called twice. */
  close(): Promise<void>;
}
