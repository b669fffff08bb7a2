import { type ClientRequest, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BitacoraError, ERROR_CODES, type ErrorCode, errnoCode, throwIfAborted } from '../../base/index.js';
import { API_VERSION, type ErrorBody, HEADER, JSON_BODY_BYTES_MAX, MEDIA } from '../protocol.js';
import type { ClientPlace } from './options.js';

export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly accept: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; bytes are taken to be JSON already. */
  readonly json?: unknown;
  /** Sent as it comes. */
  readonly body?: AsyncIterable<Uint8Array> | undefined;
  /** Longest to wait for the answer to begin. */
  readonly timeoutMs?: number;
  /** Cuts the connection. */
  readonly signal?: AbortSignal | undefined;
}

export interface Answered {
  readonly response: IncomingMessage;
  /** The answer itself, where its status says that something is wrong and it is no error: it has been read then. */
  readonly document?: unknown;
  /** Cuts the connection, and with it what is being sent. */
  cut(): void;
  /** What it means that the answer ended before its end. */
  broken(cause: unknown): BitacoraError;
  /** What the source of the body threw, if it did. */
  sourceError(): unknown;
}

/**
 * One request on a connection of its own, up to the beginning of its answer.
 *
 * @throws {BitacoraError} what the daemon answered; `TOO_LARGE` for JSON that no daemon takes; `DAEMON_SILENT`, `NOT_ALLOWED`, `DAEMON_OTHER` where it did not; `CANCELLED`.
 */
export async function exchange(options: ClientPlace, call: Exchange): Promise<Answered> {
  const { socket, version, vaultIdentity, token } = options;
  throwIfAborted(call.signal);
  const json = call.json === undefined || call.json instanceof Uint8Array ? call.json : JSON.stringify(call.json);
  if (json !== undefined && Buffer.byteLength(json) > JSON_BODY_BYTES_MAX) {
    // A daemon that refuses it may cut the connection before its answer is heard.
    throw new BitacoraError('TOO_LARGE', 'The body is larger than this call takes.');
  }
  const contentType = call.body ? MEDIA.bytes : json === undefined ? undefined : MEDIA.json;
  let sourceError: unknown;
  const watched =
    call.body &&
    watch(call.body, (error) => {
      sourceError = error;
    });
  const outgoing = await open(options, {
    agent: false,
    method: call.method,
    path: call.path,
    headers: {
      accept: call.accept,
      [HEADER.api]: API_VERSION,
      ...(version === undefined ? {} : { [HEADER.version]: version }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(vaultIdentity === undefined ? {} : { [HEADER.vault]: vaultIdentity }),
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
      ...(json === undefined ? {} : { 'content-length': Buffer.byteLength(json) }),
      ...call.headers,
    },
  });
  const cut = (): void => void outgoing.destroy();
  call.signal?.addEventListener('abort', cut, { once: true });
  outgoing.once('close', () => call.signal?.removeEventListener('abort', cut));
  // It may have been while the way was opened.
  if (call.signal?.aborted) cut();
  if (call.timeoutMs !== undefined) outgoing.setTimeout(call.timeoutMs, () => outgoing.destroy(new Error('no answer')));
  try {
    const response = await answerTo(outgoing, json, watched);
    outgoing.setTimeout(0);
    const document = await check(response, options);
    return {
      response,
      document,
      cut,
      broken: (cause) => brokenOff(cause, call.signal),
      sourceError: () => sourceError,
    };
  } catch (error) {
    cut();
    throwIfAborted(call.signal);
    if (sourceError !== undefined) throw sourceError;
    throw error instanceof BitacoraError ? error : silent(socket, error);
  }
}

async function open({ socket, url }: ClientPlace, options: RequestOptions): Promise<ClientRequest> {
  if (!url) return request({ ...options, socketPath: socket });
  const { protocol, hostname, port, pathname } = url;
  const path = `${pathname.replace(/\/$/, '')}${options.path}`;
  const place = { ...options, protocol, hostname: hostname.replace(/^\[|\]$/g, ''), port, path };
  if (protocol !== 'https:') return request(place);
  return (await import('node:https')).request(place);
}

async function* watch(body: AsyncIterable<Uint8Array>, failed: (error: unknown) => void): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    failed(error);
    throw error;
  }
}

function answerTo(
  outgoing: ClientRequest,
  json: string | Uint8Array | undefined,
  body: AsyncIterable<Uint8Array> | undefined,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.once('response', resolve);
    // Listened to for good: the connection may also fail behind the answer's beginning, which its reader notices.
    outgoing.on('error', reject);
    outgoing.once('close', () => reject(new Error('the connection was closed')));
    if (!body) {
      outgoing.end(json);
      return;
    }
    // The daemon learns of the call now, however long the first byte takes.
    outgoing.flushHeaders();
    // What fails here cuts the connection: the daemon must not take a part for the whole.
    pipeline(Readable.from(body, { objectMode: false }), outgoing).catch(reject);
  });
}

async function check(response: IncomingMessage, { socket }: ClientPlace): Promise<unknown> {
  const { statusCode = 0, headers } = response;
  const api = headers[HEADER.api];
  if (api === undefined) {
    throw new BitacoraError('DAEMON_OTHER', `What answers at "${socket}" is no daemon of this program.`);
  }
  if (api !== String(API_VERSION)) {
    const message = `The daemon at "${socket}" is version ${String(headers[HEADER.version])} and speaks version ${String(api)} of the API; this program speaks ${API_VERSION}. Restart the daemon, or use the program of its version.`;
    throw new BitacoraError('DAEMON_OTHER', message);
  }
  if (statusCode < 400) return undefined;
  const document = await readJson({ response, broken: brokenOff });
  if (typeof document === 'object' && document !== null && !('error' in document)) return document;
  throw errorOf(document, headers[HEADER.uid]);
}

/** The whole of an answer that is one JSON document. Throws `DAEMON_SILENT` where it breaks off. */
export async function readJson(answered: Pick<Answered, 'response' | 'document' | 'broken'>): Promise<unknown> {
  const { response, document, broken } = answered;
  if (document !== undefined) return document;
  const parts: Uint8Array[] = [];
  try {
    for await (const part of response) parts.push(part as Uint8Array);
    return JSON.parse(Buffer.concat(parts).toString());
  } catch (error) {
    throw broken(error);
  }
}

/** Codes that mean a path on the machine was at fault, where it matters who the daemon is. */
const OF_PATHS = new Set([
  'SOURCE_MISSING',
  'SOURCE_UNREADABLE',
  'TARGET_UNSAFE',
  'TARGET_UNREADABLE',
  'VAULT_UNREADABLE',
  'TARGET_NOT_EMPTY',
  'BACKEND_FAILED',
]);

/** The error that an answer tells of. */
export function errorOf(document: unknown, daemonUid?: string | string[]): BitacoraError {
  const { error } = (document ?? {}) as { readonly error?: Partial<ErrorBody> };
  if (typeof error?.code !== 'string' || typeof error.message !== 'string') {
    return new BitacoraError('INTERNAL', 'The daemon answered an error without saying which.');
  }
  const { code, details } = error;
  const uid = process.geteuid?.();
  const other = OF_PATHS.has(code) && daemonUid !== undefined && uid !== undefined && String(daemonUid) !== String(uid);
  const message = other
    ? `${error.message} The daemon works as user ${daemonUid}, you are user ${uid}.`
    : error.message;
  if (!isCode(code)) return new BitacoraError('INTERNAL', message, { details: { ...details, code } });
  return new BitacoraError(code, message, { details: details ?? {} });
}

function isCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code);
}

/** An error of the answer's own, being stopped, or else silence. */
export function brokenOff(cause: unknown, signal?: AbortSignal): BitacoraError {
  if (cause instanceof BitacoraError) return cause;
  if (signal?.aborted)
    return new BitacoraError('CANCELLED', 'Stopped on request; nothing that was safe before is lost.');
  return new BitacoraError('DAEMON_SILENT', 'The daemon went away in the middle of its answer.', {
    retryable: true,
    cause,
  });
}

function silent(socket: string, cause: unknown): BitacoraError {
  const errno = errnoCode(cause);
  if (errno === 'EACCES' || errno === 'EPERM') {
    const message = `You may not use the daemon's socket "${socket}": it is its owner's and root's.`;
    return new BitacoraError('NOT_ALLOWED', message, { cause, details: { socket } });
  }
  const why = errno ?? (cause instanceof Error ? cause.message : String(cause));
  return new BitacoraError('DAEMON_SILENT', `The daemon at "${socket}" does not answer (${why}).`, {
    retryable: true,
    cause,
    details: { socket },
  });
}
