import type { CollectionShape } from '../../format/index.js';
import { collectionScope } from '../../snapshot/index.js';

/** A piece of what is to be captured, in the order as sent. */
export interface RecordPart {
  readonly collection: string;
  readonly shape: CollectionShape;
  /** One record's JSON, or a value's, as sent; it must not change any more. Undefined only says that the list is there, perhaps empty. */
  readonly json: Uint8Array | undefined;
}

/** Records that a snapshot captures: one stream of parts, which goes to one scope or to several. */
export interface RecordSource {
  /**
   * Begins the stream; called at most once for each capture. What its iterator throws fails the snapshot, so one that ends without
   * throwing is taken to be whole.
   */
  open(signal: AbortSignal): AsyncIterable<readonly RecordPart[]>;
  /** All of it as one JSON object, where it lies in memory as a whole: then the stream need not be opened. Not to be changed. */
  readonly json: Uint8Array | undefined;
  /** The scope that a collection is of. */
  scopeOf(collection: string): string;
  /** Scopes that are captured whole also where nothing comes for them. */
  readonly whole: readonly string[];
}

/** The scope of what a session left behind. */
export function sessionScope(session: string): string {
  return `session:${session}`;
}

/**
 * Puts the collections of a stream into scopes: with a session they are `session:ID`, save those named in `userWide`; these, and all
 * without a session, are `collection:NAME` each.
 */
export function recordSource(
  open: RecordSource['open'],
  about: {
    readonly session: string | undefined;
    readonly userWide: readonly string[];
    readonly json?: Uint8Array | undefined;
  },
): RecordSource {
  const { session, userWide, json } = about;
  const own = session === undefined ? undefined : sessionScope(session);
  const wide = new Set(userWide);
  return {
    open,
    json,
    scopeOf: (collection) => (own === undefined || wide.has(collection) ? collectionScope(collection) : own),
    whole: own === undefined ? [] : [own],
  };
}
