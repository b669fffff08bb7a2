import type { Socket } from 'node:net';
import swagger from '@fastify/swagger';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { BitacoraError, jsonText } from '../../base/index.js';
import { errorDocument } from '../job-document.js';
import { API_VERSION, HEADER, MEDIA } from '../protocol.js';
import { knownError, sendError, sendJson } from './answer-error.js';
import { HEALTH, JOB_EVENTS } from './describe.js';
import { type Answering, answerEvents } from './job-answers.js';
import type { ServerLimits } from './parts.js';
import { isAllowed } from './peer.js';
import { addOperations } from './routes.js';

export interface AppOptions extends Answering {
  /** `HEADER.vault` of the vault served. */
  readonly vaultIdentity: string;
}

/** The server without its socket. */
export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const { parts, limits } = options;
  const { logger } = parts.host;
  const app = fastify({
    logger: false,
    exposeHeadRoutes: false,
    bodyLimit: limits.bodyBytesMax,
    http: {
      maxHeaderSize: limits.headerBytesMax,
      headersTimeout: limits.headersTimeoutMs,
      connectionsCheckingInterval: Math.min(limits.headersTimeoutMs, 5000),
    },
    routerOptions: { maxParamLength: 1024 },
    frameworkErrors: (error, _request, reply) => void sendError(reply, knownError(error, logger)),
    clientErrorHandler: answerMalformed,
  });
  app.server.maxConnections = limits.connectionsMax;
  // Inputs are checked by the contracts, and answers are written as they are.
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => (data) => jsonText(data));
  app.addContentTypeParser(MEDIA.bytes, (_request, payload, done) => done(null, payload));
  app.setErrorHandler((error, _request, reply) => void sendError(reply, knownError(error, logger)));
  app.setNotFoundHandler(({ method, url }, reply) => {
    const path = url.split('?')[0]!;
    const message = `The API has no call "${method} ${path}". /api/openapi.json lists those it has.`;
    return sendError(reply, new BitacoraError('NO_SUCH_CALL', message));
  });
  app.addHook('onRequest', (request, reply, done) => {
    begin(request, reply, options);
    done();
  });
  // Behind the body, which has arrived in time.
  app.addHook('preValidation', (request, _reply, done) => {
    clearTimeout(bodyTimers.get(request.raw));
    done();
  });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'bitacora-backup', version: parts.version, description: 'See docs/api.md.' },
    },
  });
  await addRoutes(app, options);
  await app.ready();
  return app;
}

async function addRoutes(app: FastifyInstance, options: AppOptions): Promise<void> {
  app.get('/api/openapi.json', { schema: { hide: true } }, (_request, reply) => sendJson(reply, app.swagger()));
  app.get('/api/health', { schema: HEALTH }, (_request, reply) => sendJson(reply, { status: 'ok' }));
  app.get('/api/jobs/:job_id/events', { schema: JOB_EVENTS }, (request, reply) =>
    answerEvents(request, reply, options, (request.params as { job_id: string }).job_id),
  );
  await addOperations(app, options);
}

const bodyTimers = new WeakMap<object, NodeJS.Timeout>();

/** Before anything of a call is looked at. */
function begin(request: FastifyRequest, reply: FastifyReply, { parts, limits, vaultIdentity }: AppOptions): void {
  const { headers, raw } = request;
  reply.headers({
    [HEADER.api]: String(API_VERSION),
    [HEADER.version]: parts.version,
    [HEADER.uid]: String(process.geteuid?.() ?? ''),
    'cache-control': 'no-store',
  });
  if (!isAllowed(raw.socket)) {
    throw new BitacoraError('NOT_ALLOWED', 'Only the user that the daemon runs as, and root, may ask it for anything.');
  }
  const api = headers[HEADER.api];
  if (api !== undefined && api !== String(API_VERSION)) {
    throw other(`It speaks version ${API_VERSION} of the API, and the call is of version ${String(api)}.`);
  }
  const vault = headers[HEADER.vault];
  if (vault !== undefined && vault !== vaultIdentity) {
    throw other(`It serves the vault "${parts.host.vault.path}", and another one was meant.`);
  }
  if (headers['content-type'] !== MEDIA.bytes && !raw.complete) limitBody(request, reply, limits);
}

function other(what: string): BitacoraError {
  return new BitacoraError('DAEMON_OTHER', `This daemon is another one than was meant. ${what}`);
}

function limitBody({ raw }: FastifyRequest, reply: FastifyReply, { bodyTimeoutMs }: ServerLimits): void {
  const timer = setTimeout(() => {
    reply.header('connection', 'close');
    sendError(reply, new BitacoraError('TIMED_OUT', `The body did not arrive within ${bodyTimeoutMs} ms.`));
  }, bodyTimeoutMs);
  bodyTimers.set(raw, timer);
  reply.raw.once('close', () => clearTimeout(timer));
}

/** What is no HTTP, or comes too slowly or too large, gets a last word and is cut off. */
function answerMalformed(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const known =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? new BitacoraError('TIMED_OUT', 'The request did not arrive in time.')
      : error.code === 'HPE_HEADER_OVERFLOW'
        ? new BitacoraError('TOO_LARGE', 'The header is larger than the daemon takes.')
        : new BitacoraError('USAGE', 'This is no HTTP request.');
  const body = `${jsonText({ error: errorDocument(known) })}\n`;
  const head = [
    `HTTP/1.1 ${known.httpStatus} ${known.code}`,
    'connection: close',
    `${HEADER.api}: ${API_VERSION}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
