import type { TransferListItem } from 'node:worker_threads';

/** A handler's answer; buffers named in `transfer` change hands and must not be touched afterwards. */
export interface Answer {
  readonly result: unknown;
  readonly transfer?: readonly TransferListItem[];
}

/** What a handler may use of the side that called it. */
export interface HandlerContext {
  /** Asks the calling side back; used for "which of these chunks are known?". */
  ask(type: string, payload: unknown, transfer?: readonly TransferListItem[]): Promise<unknown>;
}

export type Handler = (payload: never, context: HandlerContext) => Answer | Promise<Answer>;

/** The calls that one worker (or the inline engine) answers. Each worker has its own, with its own state. */
export type Handlers = Readonly<Record<string, Handler>>;

/** One worker as the main thread sees it. Calls run in the order made, save that a waiting call lets the next one start. */
export interface Lane {
  readonly index: number;
  /** Throws what the handler threw; `BitacoraError` keeps its code across threads. */
  call(type: string, payload: unknown, transfer?: readonly TransferListItem[]): Promise<unknown>;
  /** Answers the worker's own questions of `type`; one function a type and lane, the last one given holds. */
  onAsk(type: string, answer: (payload: never) => Promise<Answer>): void;
  /** Lets the lane end; calls still open fail. */
  close(): Promise<void>;
}
