import { totalmem } from 'node:os';
import type { DaemonFacts } from '../daemon-facts.js';
import type { OperationHost } from '../host.js';
import type { AttemptLimits } from './attempts.js';
import type { PeerLimits } from './peer.js';

/** What the server answers with, and where. */
export interface ServerParts {
  /** With the daemon's facts: its queue runs the jobs. */
  readonly host: OperationHost & { readonly daemon: DaemonFacts };
  /** Path of the Unix socket. */
  readonly socket: string;
  /** The group that may use the socket, by name or number; its owner's alone without one. */
  readonly socketGroup?: string | undefined;
  /** Address and port for TCP, as `127.0.0.1:8080`; undefined: the Unix socket only. */
  readonly listen?: string | undefined;
  /** Sockets that somebody else made and listens on already, with their permissions: they are served as they are. */
  readonly inherited?: { readonly socketFd?: number | undefined; readonly tcpFd?: number | undefined } | undefined;
  /** Of the program. */
  readonly version: string;
  readonly limits?: Partial<ServerLimits> | undefined;
}

/** Nobody who asks slowly, much or wrongly keeps the daemon from the others. */
export interface ServerLimits extends PeerLimits, AttemptLimits {
  /** Largest JSON body, bytes; records in it count apart. Parsing it at once must keep nobody else waiting, whatever it holds. */
  readonly bodyBytesMax: number;
  /** All bodies with records that arrive or wait for their answer at once, bytes. */
  readonly recordBytesMax: number;
  /** Largest header with the request line, bytes. */
  readonly headerBytesMax: number;
  /** Of the Unix socket, and as many over TCP. */
  readonly connectionsMax: number;
  /** Longest that a header may take to arrive. */
  readonly headersTimeoutMs: number;
  /** Longest that a JSON body may take to arrive. Uploads take as long as they take. */
  readonly bodyTimeoutMs: number;
  /** How long a connection over TCP may stand still in the middle of a call or an answer. */
  readonly stalledMs: number;
  /** How long an answer waits for its job unless told otherwise; afterwards it is the job's id. */
  readonly waitMs: number;
  /** How often an idle stream of events shows that it is alive. */
  readonly heartbeatMs: number;
}

export const DEFAULT_LIMITS: ServerLimits = {
  bodyBytesMax: 2 ** 20,
  recordBytesMax: totalmem() / 4,
  headerBytesMax: 64 * 2 ** 10,
  connectionsMax: 1024,
  headersTimeoutMs: 10_000,
  bodyTimeoutMs: 30_000,
  stalledMs: 300_000,
  peerConnectionsMax: 256,
  wrongTokensFree: 10,
  wrongTokenDelayMs: 1000,
  wrongTokensWaitingMax: 16,
  waitMs: 30_000,
  heartbeatMs: 15_000,
};

export interface ApiServer {
  /** Where TCP is served; undefined where it is not. */
  readonly address: { readonly host: string; readonly port: number } | undefined;
  /**
   * Takes no more connections, ends streams that do not end by themselves, lets the answers that are under way finish for
   * `graceMs`, and removes the socket. May be called twice.
   */
  close(graceMs: number): Promise<void>;
}
