import type { FastifyReply } from 'fastify';
import { BitacoraError, jsonText, type Logger } from '../../base/index.js';
import { errorDocument } from '../job-document.js';

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

/** `{"error":{code, message, details}}` with the status of the table. */
export function sendError(reply: FastifyReply, error: BitacoraError): FastifyReply {
  if (error.code === 'QUEUE_FULL' || error.code === 'STOPPING') reply.header('retry-after', '10');
  return sendJson(reply.code(error.httpStatus), { error: errorDocument(error) });
}

export function sendJson(reply: FastifyReply, document: unknown): FastifyReply {
  return reply.type('application/json; charset=utf-8').send(`${jsonText(document)}\n`);
}
