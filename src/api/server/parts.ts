import type { DaemonFacts } from '../daemon-facts.js';
import type { OperationHost } from '../host.js';

/** What the server answers with, and where. */
export interface ServerParts {
  /** With the daemon's facts: its queue runs the jobs. */
  readonly host: OperationHost & { readonly daemon: DaemonFacts };
  /** Path of the Unix socket. */
  readonly socket: string;
  /** Of the program. */
  readonly version: string;
  readonly limits?: Partial<ServerLimits> | undefined;
}

/** Nobody who asks slowly, much or wrongly keeps the daemon from the others. */
export interface ServerLimits {
  /** Largest JSON body, bytes. */
  readonly bodyBytesMax: number;
  /** Largest header with the request line, bytes. */
  readonly headerBytesMax: number;
  readonly connectionsMax: number;
  /** Longest that a header may take to arrive. */
  readonly headersTimeoutMs: number;
  /** Longest that a JSON body may take to arrive. Uploads take as long as they take. */
  readonly bodyTimeoutMs: number;
  /** How long an answer waits for its job unless told otherwise; afterwards it is the job's id. */
  readonly waitMs: number;
  /** How often an idle stream of events shows that it is alive. */
  readonly heartbeatMs: number;
}

export const DEFAULT_LIMITS: ServerLimits = {
  bodyBytesMax: 8 * 2 ** 20,
  headerBytesMax: 64 * 2 ** 10,
  connectionsMax: 1024,
  headersTimeoutMs: 10_000,
  bodyTimeoutMs: 30_000,
  waitMs: 30_000,
  heartbeatMs: 15_000,
};

export interface ApiServer {
  /**
   * Takes no more connections, ends streams that do not end by themselves, lets the answers that are under way finish for
   * `graceMs`, and removes the socket. May be called twice.
   */
  close(graceMs: number): Promise<void>;
}
