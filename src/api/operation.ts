import type { Clock, Logger, ProgressSink, Random } from '../base/index.js';
import type { Engine } from '../engine/index.js';
import type { Job, JobAccess, JobBody, LiveJobView } from '../scheduler/index.js';
import type { Vault } from '../vault/index.js';
import type { Caller, Who } from './authority.js';
import type { DaemonFacts } from './daemon-facts.js';
import type { RecordBody } from './records/body.js';
import type { Settings } from './settings.js';

/** What an operation works with, in the daemon or embedded in a command. */
export interface OperationContext {
  readonly vault: Vault;
  /** The workers, started when first asked for. Whoever runs the operation closes them. Settles after `loadCodecs`. */
  engine(): Promise<Engine>;
  /**
   * Has something closed once the answer has been given, given up, or refused: a stream's resources outlive the call that
   * made it. What came last is closed first. `openKnownUser` closes what it opens so.
   */
  atEnd(close: () => void | Promise<void>): void;
  /** Of the job that this runs as: kept in what it writes, so that a job that is run again finds its work done. */
  readonly jobId: string | undefined;
  /** Bytes that come beside the input: the body of an upload, or standard input where the operation runs in the command. */
  readonly body: AsyncIterable<Uint8Array> | undefined;
  /** Records that come beside the input. */
  readonly records: RecordBody | undefined;
  /** Whether the job may have been run before, in part or whole, so that its work may be done already. */
  readonly again: boolean;
  /** What the configuration says; `DEFAULT_SETTINGS` without one. */
  readonly settings: Settings;
  /**
   * Who asks: the operation itself sees to what it tells of which users, where it concerns several. A job that survives the daemon
   * runs as an administrator's: what its caller may do was decided when it was taken on.
   */
  readonly caller: Caller;
  /** What a daemon knows besides; undefined embedded. */
  readonly daemon: DaemonFacts | undefined;
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

/**
 * An answer too long for one document in memory: `head`'s members, then `items`, which end early by throwing. All that can be
 * refused is refused before there is a stream, so that a wrong call gets an error and not half an answer.
 */
export interface ItemStream<Head, Item> {
  readonly head: Head;
  /** The member of the document that holds the items. */
  readonly member: string;
  readonly items: AsyncIterable<Item>;
  /** Members that are known only when the last item has come, and stand behind the items. Not asked for when they end early. */
  readonly tail?: () => object;
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
  /** One sentence for the description of the API. */
  readonly summary: string;
  /** Who may ask for it. */
  readonly who: Who;
  /** How it runs as a job, with progress and cancelling; others answer at once. */
  readonly job: JobTraits | undefined;
  /** Whether its body may be bytes (`OperationContext.body`) instead of JSON; its input is then the query. Of jobs only. */
  readonly upload?: boolean;
  /**
   * Whether records may come with it (`OperationContext.records`): in the member `data` of its JSON, which its contract does not know, or as
   * lines; its input is then the query. Of jobs only.
   */
  readonly records?: boolean;
}

export interface JobTraits {
  readonly access: JobAccess;
  /**
   * Whether it survives the daemon's end, and so may run twice (see `OperationContext.jobId`): from the moment when it was taken on, or once
   * its caller was told that it is done later.
   */
  readonly durable: boolean | 'once promised';
  /** Whether the answer waits for the end however long that takes, unless the caller says otherwise. */
  readonly waits?: (input: Readonly<Record<string, unknown>>) => boolean;
  /** See `SubmitOptions.join`. */
  readonly join?: (
    input: Readonly<Record<string, unknown>>,
    records: JobBody | undefined,
    live: readonly LiveJobView[],
  ) => Job | undefined;
}
