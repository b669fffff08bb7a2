import type { Logger, ProgressSink } from '../../base/index.js';
import type { ItemStream } from '../operation.js';
import type { AnswerOf, InputOf, OperationsOf } from '../operations.js';
import type { RecordBody } from '../records/body.js';

/** Where a daemon answers. */
export interface ClientPlace {
  /** Path of the daemon's Unix socket; with `url`, what to call the daemon in messages. */
  readonly socket: string;
  /** Over TCP instead. */
  readonly url?: URL | undefined;
  /** The bearer token that TCP takes. */
  readonly token?: string | undefined;
  /** Of this program; undefined where it is not this one. */
  readonly version?: string | undefined;
  /** `HEADER.vault` of the vault that is meant; left out, whichever the daemon serves. */
  readonly vaultIdentity?: string | undefined;
}

export interface ClientOptions extends ClientPlace {
  readonly version: string;
  /** Ends calls: jobs are cancelled and awaited. */
  readonly signal: AbortSignal;
  readonly progress: ProgressSink;
  readonly logger: Logger;
}

/** A daemon that has answered. Calls give and throw what the operation itself gives and throws. */
export interface ApiClient {
  document<Name extends OperationsOf<'document'>>(
    name: Name,
    input: InputOf<Name>,
    body?: AsyncIterable<Uint8Array>,
    records?: RecordBody,
  ): Promise<AnswerOf<Name>>;
  /** The items must be read to their end, or their iterator be told that no more are wanted. */
  items<Name extends OperationsOf<'items'>>(
    name: Name,
    input: InputOf<Name>,
  ): Promise<AnswerOf<Name> & ItemStream<object, unknown>>;
  bytes<Name extends OperationsOf<'bytes'>>(name: Name, input: InputOf<Name>): Promise<AsyncIterable<Uint8Array>>;
}
