import type { FastifyReply, FastifyRequest } from 'fastify';
import { isBitacoraError, noProgress } from '../../base/index.js';
import { withContext } from '../host.js';
import type { ItemStream, OperationContext } from '../operation.js';
import { MEDIA } from '../protocol.js';
import { knownError, sendJson } from './answer-error.js';
import type { Answering } from './job-answers.js';
import { accepts, callSignal, hijack } from './request.js';
import { writeBytes, writeDocument, writeFrames, writeLines } from './streams.js';

/** An operation with its input already in it. */
type Ready<Answer> = (context: OperationContext) => Promise<Answer>;

/** One document, at once. */
export async function answerDocument(
  request: FastifyRequest,
  reply: FastifyReply,
  answering: Answering,
  run: Ready<unknown>,
  status: (answer: unknown) => number,
): Promise<FastifyReply> {
  const answer = await inContext(request, reply, answering, run);
  return sendJson(reply.code(status(answer)), answer);
}

/** Items while they come: as lines where those are asked for, else as one document. */
export async function answerItems(
  request: FastifyRequest,
  reply: FastifyReply,
  answering: Answering,
  run: Ready<ItemStream<object, unknown>>,
): Promise<void> {
  const lines = accepts(request, MEDIA.lines);
  const { logger } = answering.parts.host;
  await stream(request, reply, answering, async (context) => {
    const items = await run(context);
    const response = hijack(reply, { 'content-type': `${lines ? MEDIA.lines : MEDIA.json}; charset=utf-8` });
    await (lines ? writeLines : writeDocument)(response, items, (error) => knownError(error, logger));
  });
}

/** Bytes while they come: in frames where those are asked for, else as they are. */
export async function answerBytes(
  request: FastifyRequest,
  reply: FastifyReply,
  answering: Answering,
  run: Ready<AsyncIterable<Uint8Array>>,
  mediaType: string,
): Promise<void> {
  const frames = accepts(request, MEDIA.frames);
  const { logger } = answering.parts.host;
  await stream(request, reply, answering, async (context) => {
    const bytes = await begun(await run(context));
    const response = hijack(reply, { 'content-type': frames ? MEDIA.frames : mediaType });
    if (frames) await writeFrames(response, bytes, (error) => knownError(error, logger));
    else await writeBytes(response, bytes);
  });
}

/** Waits for the first bytes, so that what fails before there are any is an answer with a status of its own. */
async function begun(bytes: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  const iterator = bytes[Symbol.asyncIterator]();
  const first = await iterator.next();
  return (async function* all() {
    try {
      for (let step = first; !step.done; step = await iterator.next()) yield step.value;
    } finally {
      await iterator.return?.();
    }
  })();
}

/** Errors behind the beginning of an answer cannot be answered any more: its writer has told them. */
async function stream(
  request: FastifyRequest,
  reply: FastifyReply,
  answering: Answering,
  use: Ready<void>,
): Promise<void> {
  try {
    await inContext(request, reply, answering, use);
  } catch (error) {
    if (!reply.sent && !reply.raw.headersSent) throw error;
    if (!isBitacoraError(error, 'CANCELLED')) knownError(error, answering.parts.host.logger);
  }
}

async function inContext<T>(
  request: FastifyRequest,
  reply: FastifyReply,
  { parts, closing, callers }: Answering,
  use: Ready<T>,
): Promise<T> {
  const call = callSignal(reply, closing);
  try {
    return await withContext(
      parts.host,
      { signal: call.signal, progress: noProgress, caller: callers.of(request) },
      use,
    );
  } finally {
    call.release();
  }
}
