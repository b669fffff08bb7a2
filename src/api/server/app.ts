import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { BitacoraError } from '../../base/index.js';
import { authorize, checkJob, checkScope, type Who } from '../authority.js';
import type { Metrics } from '../metrics/metrics.js';
import { API_VERSION, HEADER, MEDIA } from '../protocol.js';
import { answerMalformed, knownError, sendError, sendJson } from './answer-error.js';
import { COMPILERS } from './compilers.js';
import { type Answering, answerEvents } from './job-answers.js';
import { jsonReader } from './json-input.js';
import { checkNames, checkOrigin } from './names.js';
import type { ServerLimits } from './parts.js';
import type { Peer } from './peer.js';
import { mediaType } from './request.js';
import { addOperations, decidingOf } from './routes.js';

export interface AppOptions extends Answering {
  /** `HEADER.vault` of the vault served. */
  readonly vaultIdentity: string;
  readonly metrics: Metrics;
  /** Who is at the other end of the call's connection. */
  peerOf(request: FastifyRequest): Peer | undefined;
  /** The address that TCP is served at. */
  listened(): string | undefined;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may make the call; without it, whoever may make any. */
    readonly who?: Who;
    /** The call’s name in the API’s description. */
    readonly operation?: string;
  }
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
    schemaController: { compilersFactory: COMPILERS },
    frameworkErrors: (error, _request, reply) => void sendError(reply, knownError(error, logger)),
    clientErrorHandler: answerMalformed,
  });
  app.server.maxConnections = limits.connectionsMax;
  const readJson = jsonReader(app);
  app.removeContentTypeParser(MEDIA.json);
  app.addContentTypeParser(MEDIA.json, { parseAs: 'string' }, (request, text, done) =>
    readJson(request, text as string, done),
  );
  app.addContentTypeParser(MEDIA.bytes, (_request, payload, done) => done(null, payload));
  app.setErrorHandler((error, _request, reply) => void sendError(reply, knownError(error, logger)));
  app.setNotFoundHandler(({ method, url }, reply) => {
    const path = url.split('?')[0]!;
    const message = `The API has no call "${method} ${path}". /api/openapi.json lists those it has.`;
    return sendError(reply, new BitacoraError('NO_SUCH_CALL', message));
  });
  app.addHook('onRequest', async (request, reply) => {
    try {
      await begin(request, reply, options);
    } catch (error) {
      // What else it brings is not waited for.
      if (!request.raw.complete) reply.header('connection', 'close');
      throw error;
    }
  });
  // Behind the body, which has arrived in time.
  app.addHook('preValidation', (request, _reply, done) => {
    clearTimeout(bodyTimers.get(request.raw));
    done();
  });
  await addRoutes(app, options);
  await app.ready();
  return app;
}

async function addRoutes(app: FastifyInstance, options: AppOptions): Promise<void> {
  const { version } = options.parts;
  let openApi: Promise<object> | undefined;
  app.get('/api/openapi.json', async (_request, reply) => {
    openApi ??= import('./openapi.js').then(({ openApiDocument }) => openApiDocument(version));
    return sendJson(reply, await openApi);
  });
  app.get('/api/version', { config: { operation: 'version' } }, (_request, reply) =>
    sendJson(reply, { version, api: API_VERSION }),
  );
  app.get('/metrics', { config: { operation: 'metrics', who: OF_METRICS } }, async (request, reply) => {
    await authorize(options.callers.of(request), OF_METRICS, {}, decidingOf(options.parts.host));
    const { mediaType, text } = await options.metrics.text();
    return reply.type(mediaType).send(text);
  });
  app.get('/api/jobs/:job_id/events', { config: { operation: 'job-events' } }, (request, reply) => {
    const { job_id: id } = request.params as { job_id: string };
    checkJob(options.callers.of(request), options.parts.host.daemon.queue, id);
    return answerEvents(request, reply, options, id);
  });
  await addOperations(app, options);
}

const OF_METRICS: Who = { scope: 'metrics', user: 'vault' };

const bodyTimers = new WeakMap<object, NodeJS.Timeout>();

/** Before anything of a call is looked at but its head. */
async function begin(request: FastifyRequest, reply: FastifyReply, options: AppOptions): Promise<void> {
  const { parts, limits, vaultIdentity, callers } = options;
  const { headers, raw } = request;
  count(request, reply, options);
  const peer = options.peerOf(request);
  const own = { [HEADER.version]: parts.version, [HEADER.uid]: String(process.geteuid?.() ?? '') };
  reply.headers({
    [HEADER.api]: String(API_VERSION),
    'cache-control': 'no-store',
    ...(peer?.kind === 'unix' ? own : {}),
  });
  checkCallNames(request, peer, options);
  await callers.identify(request, reply);
  reply.headers(own);
  const { who } = request.routeOptions.config;
  if (who) checkScope(callers.of(request), who);
  const api = headers[HEADER.api];
  if (api !== undefined && api !== String(API_VERSION)) {
    throw other(`It speaks version ${API_VERSION} of the API, and the call is of version ${String(api)}.`);
  }
  const vault = headers[HEADER.vault];
  if (vault !== undefined && vault !== vaultIdentity) {
    throw other(`It serves the vault "${parts.host.vault.path}", and another one was meant.`);
  }
  const streamed = headers['content-type'] === MEDIA.bytes || mediaType(request) === MEDIA.lines;
  if (!streamed && !raw.complete) limitBody(request, reply, limits);
}

/** A Unix socket has no name that a page could be made to call, but a proxy in front of it may pass on what a page says. */
function checkCallNames({ headers, raw }: FastifyRequest, peer: Peer | undefined, options: AppOptions): void {
  const { hosts } = options.parts.host.settings.access;
  const { host, origin, 'sec-fetch-site': site } = headers;
  const names = { host, origin, site: typeof site === 'string' ? site : undefined };
  if (peer?.kind === 'unix') checkOrigin(names, hosts);
  else
    checkNames(
      names,
      [options.listened(), raw.socket.localAddress].filter((one) => one !== undefined),
      hosts,
    );
}

/** Has a call counted when its answer has ended, however that was. */
function count({ routeOptions }: FastifyRequest, reply: FastifyReply, { parts, metrics }: AppOptions): void {
  const { clock } = parts.host;
  const begun = clock.now();
  const { operation = 'none' } = routeOptions.config;
  reply.raw.once('close', () => metrics.answered(operation, reply.raw.statusCode, Math.max(0, clock.now() - begun)));
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
