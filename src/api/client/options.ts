import type { Logger, ProgressSink } from '../../base/index.js';
import type { ItemStream } from '../operation.js';
import type { AnswerOf, InputOf, OperationsOf } from '../operations.js';

export interface ClientOptions {
  /** Path of the daemon's Unix socket. */
  readonly socket: string;
  /** Of this program. */
  readonly version: string;
  /** `HEADER.vault` of the vault that is meant; left out, whichever the daemon serves. */
  readonly vaultIdentity?: string | undefined;
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
  ): Promise<AnswerOf<Name>>;
  /** The items must be read to their end, or their iterator be told that no more are wanted. */
  items<Name extends OperationsOf<'items'>>(
    name: Name,
    input: InputOf<Name>,
  ): Promise<AnswerOf<Name> & ItemStream<object, unknown>>;
  bytes<Name extends OperationsOf<'bytes'>>(name: Name, input: InputOf<Name>): Promise<AsyncIterable<Uint8Array>>;
}
