import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Whether the caller asks for that form of answer by name. */
export function accepts({ headers }: FastifyRequest, mediaType: string): boolean {
  return (headers.accept ?? '').split(',').some((range) => range.split(';')[0]!.trim() === mediaType);
}

/** Aborted once the caller has gone or the server closes. */
export function callSignal(
  reply: FastifyReply,
  closing: AbortSignal,
): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const release = (): void => {
    closing.removeEventListener('abort', abort);
    reply.raw.off('close', abort);
  };
  if (closing.aborted || reply.raw.destroyed) abort();
  closing.addEventListener('abort', abort, { once: true });
  reply.raw.once('close', abort);
  return { signal: controller.signal, release };
}

/** Begins an answer that is written piece by piece. */
export function hijack(reply: FastifyReply, headers: Readonly<Record<string, string>>): ServerResponse {
  reply.hijack();
  reply.raw.writeHead(200, { ...(reply.getHeaders() as Record<string, string>), ...headers });
  return reply.raw;
}
