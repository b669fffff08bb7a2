import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BitacoraError } from '../../base/index.js';

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

/** The type of a call's body, without its parameters. */
export function mediaType({ headers }: FastifyRequest): string | undefined {
  return headers['content-type']?.split(';')[0]?.trim().toLowerCase();
}

/** The body while it comes, read no faster than it is used; the connection stays, so that the answer gets through. */
export async function* uploaded({ raw }: FastifyRequest): AsyncGenerator<Uint8Array> {
  try {
    for await (const part of raw.iterator({ destroyOnReturn: false })) yield part as Uint8Array;
  } catch (error) {
    throw new BitacoraError('SOURCE_FAILED', 'The upload broke off; nothing of it was kept.', { cause: error });
  }
}
