import { once, setMaxListeners } from 'node:events';
import { statSync } from 'node:fs';
import type { Server } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { Metrics } from '../metrics/metrics.js';
import { tokensOf } from '../tokens.js';
import { createApp } from './app.js';
import { Attempts } from './attempts.js';
import { Callers } from './callers.js';
import { type ApiServer, DEFAULT_LIMITS, type ServerLimits, type ServerParts } from './parts.js';
import { isOwnersAlone, Peers } from './peer.js';
import { listenOn, type SocketFile } from './socket-file.js';
import { createTcpServer, listenOnTcp, type TcpPlace } from './tcp.js';

/** See `serveApi`. */
export async function startServer(parts: ServerParts): Promise<ApiServer> {
  const closing = new AbortController();
  // Every call under way listens.
  setMaxListeners(0, closing.signal);
  const limits = { ...DEFAULT_LIMITS, ...parts.limits };
  const { vault, clock, logger } = parts.host;
  const { dev, ino } = statSync(vault.path);
  const peers = new Peers(limits);
  const tokens = tokensOf(vault);
  await tokens.load(logger);
  const callers = new Callers({
    parts,
    tokens,
    peers,
    attempts: new Attempts(limits, clock),
    closing: closing.signal,
    ownersAlone: () => isOwnersAlone(parts.socket),
  });
  const { queue } = parts.host.daemon;
  const metrics = new Metrics({ vault, queue, version: parts.version, clock, logger, signal: closing.signal });
  metrics.watching.catch((error: unknown) =>
    logger.error('The figures of jobs stand still.', { error: String(error) }),
  );
  let address: TcpPlace | undefined;
  const app = await createApp({
    parts,
    limits,
    closing: closing.signal,
    vaultIdentity: `${dev}-${ino}`,
    callers,
    metrics,
    peerOf: ({ raw }) => peers.of(raw.socket),
    listened: () => address?.host,
  });
  peers.watch(app.server, 'unix');
  const socketFile = await listenOn(app.server, parts.socket, {
    group: parts.socketGroup,
    fd: parts.inherited?.socketFd,
  });
  let tcp: Server | undefined;
  try {
    tcp = await serveTcp(app, parts, limits, peers, (place) => {
      address = place;
    });
  } catch (error) {
    await closeAll({ app, servers: [app.server], socketFile, parts }, 0);
    throw error;
  }
  const servers = tcp ? [app.server, tcp] : [app.server];
  let closed: Promise<void> | undefined;
  return {
    address,
    close: (graceMs) => {
      if (!closed) {
        const gone = closeAll({ app, servers, socketFile, parts }, graceMs);
        closing.abort();
        for (const server of servers) server.closeIdleConnections();
        closed = gone;
      }
      return closed;
    },
  };
}

/** Serves TCP too, where that is wanted. */
async function serveTcp(
  app: FastifyInstance,
  { listen, inherited }: ServerParts,
  limits: ServerLimits,
  peers: Peers,
  onPlace: (place: TcpPlace) => void,
): Promise<Server | undefined> {
  const place = inherited?.tcpFd ?? listen;
  if (place === undefined) return undefined;
  const server = createTcpServer(app, limits);
  peers.watch(server, 'tcp');
  onPlace(await listenOnTcp(server, place));
  return server;
}

interface Closing {
  readonly app: FastifyInstance;
  readonly servers: readonly Server[];
  readonly socketFile: SocketFile;
  readonly parts: ServerParts;
}

/** No connection comes in any more; those that idle go, those that are being answered may finish. */
async function closeAll({ app, servers, socketFile, parts }: Closing, graceMs: number): Promise<void> {
  const gone = servers.map((server) => once(server, 'close'));
  for (const server of servers) server.close();
  socketFile.release((error) =>
    parts.host.logger.warn('The socket could not be removed; the next start replaces it.', {
      socket: parts.socket,
      error: String(error),
    }),
  );
  const timer = setTimeout(() => {
    for (const server of servers) server.closeAllConnections();
  }, graceMs);
  await Promise.all(gone);
  clearTimeout(timer);
  await app.close();
}
