import type { Socket } from 'node:net';
import type { FastifyReply } from 'fastify';
import { BitacoraError, jsonText, type Logger } from '../../base/index.js';
import { errorDocument } from '../job-document.js';
import { API_VERSION, HEADER } from '../protocol.js';

/** What Fastify says itself, before an operation is reached. */
const OWN_CODES: Readonly<Record<string, (message: string) => BitacoraError>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: () => new BitacoraError('TOO_LARGE', 'The body is larger than this call takes.'),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () => new BitacoraError('USAGE', 'The body of a call is application/json.'),
  FST_ERR_CTP_EMPTY_JSON_BODY: () => new BitacoraError('USAGE', 'The body is empty; it is a JSON object.'),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () => new BitacoraError('USAGE', 'The body is not as long as its header says.'),
  FST_ERR_BAD_URL: () => new BitacoraError('USAGE', 'The path of the call is malformed.'),
};

/** Any error as one that a caller can act on. What has no code is a fault of the program: it is logged. */
export function knownError(error: unknown, logger: Logger): BitacoraError {
  if (error instanceof BitacoraError) return error;
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  const message = error instanceof Error ? error.message : String(error);
  const own = typeof code === 'string' ? OWN_CODES[code]?.(message) : undefined;
  if (own) return own;
  // What cannot be parsed, and whatever else of a request Fastify refuses.
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return new BitacoraError('USAGE', `The call cannot be read: ${message}.`.replace(/\.\.$/, '.'), { cause: error });
  }
  logger.error('A call failed inside the program.', { error: error instanceof Error ? error.stack : message });
  return new BitacoraError('INTERNAL', `Something went wrong inside the program: ${message}`, { cause: error });
}

/** Nothing about the call is wrong. */
const RETRY_LATER = new Set(['QUEUE_FULL', 'STOPPING', 'TOO_MANY']);

/** `{"error":{code, message, details}}` with the status of the table. */
export function sendError(reply: FastifyReply, error: BitacoraError): FastifyReply {
  if (RETRY_LATER.has(error.code)) reply.header('retry-after', '10');
  return sendJson(reply.code(error.httpStatus), { error: errorDocument(error) });
}

export function sendJson(reply: FastifyReply, document: unknown): FastifyReply {
  return reply.type('application/json; charset=utf-8').send(`${jsonText(document)}\n`);
}

/** What is no HTTP, or comes too slowly or too large, gets a last word and is cut off. */
export function answerMalformed(error: Error & { readonly code?: string }, socket: Socket): void {
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
