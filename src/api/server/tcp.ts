import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { BitacoraError, errnoCode } from '../../base/index.js';
import { answerMalformed } from './answer-error.js';
import type { ServerLimits } from './parts.js';

/** Where TCP is served. */
export interface TcpPlace {
  readonly host: string;
  readonly port: number;
}

/** A second server for the same calls, over TCP. */
export function createTcpServer(app: FastifyInstance, limits: ServerLimits): Server {
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytesMax,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: 0,
      keepAliveTimeout: limits.headersTimeoutMs,
      connectionsCheckingInterval: Math.min(limits.headersTimeoutMs, 5000),
    },
    (request, response) => app.routing(request, response),
  );
  server.maxConnections = limits.connectionsMax;
  server.on('clientError', answerMalformed);
  cutStalled(server, limits.stalledMs);
  return server;
}

/**
 * Listens on `text`, such as `127.0.0.1:8080` or `[::1]:0`, or on a socket that listens already.
 *
 * @throws {BitacoraError} `CONFIG` with what to change.
 */
export function listenOnTcp(server: Server, place: string | number): Promise<TcpPlace> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const message = `Cannot listen on "${place}": ${errnoCode(error) ?? String(error)}. Change \`[api] listen\`.`;
      reject(new BitacoraError('CONFIG', message, { cause: error, details: { listen: place } }));
    });
    server.listen(typeof place === 'number' ? { fd: place } : parsePlace(place), () => {
      const address = server.address();
      if (typeof address !== 'object' || address === null) throw new TypeError('A TCP server has no address.');
      resolve({ host: address.address, port: address.port });
    });
  });
}

function parsePlace(text: string): TcpPlace {
  const [, host, port] = /^\[?([^\]]+)\]?:([0-9]{1,5})$/.exec(text) ?? [];
  if (host !== undefined && Number(port) < 65_536) return { host, port: Number(port) };
  throw new BitacoraError('CONFIG', `"${text}" is no address and port such as "127.0.0.1:8080".`);
}

/** A connection where nothing moves in the middle of a call or an answer is given up; one that waits for its answer is not. */
function cutStalled(server: Server, stalledMs: number): void {
  const arriving = new WeakMap<Socket, { readonly complete: boolean }>();
  server.on('request', (request) => arriving.set(request.socket, request));
  server.setTimeout(stalledMs, (socket) => {
    if (socket.writableLength > 0 || arriving.get(socket)?.complete === false) socket.destroy();
  });
}
