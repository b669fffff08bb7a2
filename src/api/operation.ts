import type { Clock, Logger, ProgressSink, Random } from '../base/index.js';
import type { Engine } from '../engine/index.js';
import type { Vault } from '../vault/index.js';

/** What an operation works with, in the daemon or embedded in a command. */
export interface OperationContext {
  readonly vault: Vault;
  /** The workers, started when first asked for. Whoever runs the operation closes them. Settles after `loadCodecs`. */
  engine(): Promise<Engine>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly progress: ProgressSink;
  readonly signal: AbortSignal;
}

/**
 * Answers one JSON document. Inputs and answers are plain JSON with snake_case members, times as ISO 8601 with zone, paths as
 * `pathFields` has them; what a local path means is settled by the caller, so inputs hold absolute ones only.
 */
export type DocumentOperation<Input, Answer> = (context: OperationContext, input: Input) => Promise<Answer>;

/** An answer too long for one document in memory: `head`'s members, then `items`, which end early by throwing. */
export interface ItemStream<Head, Item> {
  readonly head: Head;
  /** The member of the document that holds the items. */
  readonly member: string;
  readonly items: AsyncIterable<Item>;
}
export type ItemOperation<Input, Head, Item> = (
  context: OperationContext,
  input: Input,
) => Promise<ItemStream<Head, Item>>;

/** Answers bytes as they come. They end early by throwing: what came before is right, but not all. */
export type ByteOperation<Input> = (context: OperationContext, input: Input) => Promise<AsyncIterable<Uint8Array>>;

/**
 * How an operation is asked for over HTTP. Names after `:` in the path, the query (of `GET`) or the JSON body (of others)
 * together are its input.
 */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  /** Whether it runs as a job, with progress and cancelling; others answer at once. */
  readonly job: boolean;
}
