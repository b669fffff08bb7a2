import type { FastifyReply, FastifyRequest } from 'fastify';
import { BitacoraError, isBitacoraError } from '../../base/index.js';
import { sha256 } from '../../crypto/index.js';
import { hasEnded, type Job, type JobBody } from '../../scheduler/index.js';
import { createJobWork } from '../job-work.js';
import type { JobTraits } from '../operation.js';
import { MEDIA } from '../protocol.js';
import type { RecordBody } from '../records/body.js';
import { sendJson } from './answer-error.js';
import type { Callers } from './callers.js';
import { writeEvents } from './events.js';
import type { ServerLimits, ServerParts } from './parts.js';
import { accepts, callSignal, hijack, uploaded } from './request.js';

/** What an answer of the server needs besides the call itself. */
export interface Answering {
  readonly parts: ServerParts;
  readonly limits: ServerLimits;
  /** Who makes each call. */
  readonly callers: Callers;
  /** Aborted when the server closes. */
  readonly closing: AbortSignal;
}

export interface JobCall {
  readonly name: string;
  readonly traits: JobTraits;
  readonly input: Readonly<Record<string, unknown>>;
  /** That came beside the input. */
  readonly records?: RecordBody | undefined;
  /** The HTTP status of an answer. */
  status(answer: unknown): number;
}

/**
 * Has an operation run as a job. The answer is, as the caller prefers: the job's events; its id at once; or its result, where
 * that comes within the time to wait, and the id otherwise.
 */
export async function answerJob(
  request: FastifyRequest,
  reply: FastifyReply,
  answering: Answering,
  call: JobCall,
): Promise<unknown> {
  const { queue } = answering.parts.host.daemon;
  const { job, isSent } = await submit(request, answering, call);
  if (accepts(request, MEDIA.events)) return answerEvents(request, reply, answering, job.id);
  const { respondAsync, waitMs = call.traits.waits?.(call.input) ? undefined : answering.limits.waitMs } = preferences(
    request.headers.prefer,
  );
  let now = respondAsync && !isSent ? job : await waitFor(reply, answering, job.id, isSent ? undefined : waitMs);
  if (isSent) reply.header('connection', 'close');
  // It is about to be promised: from here on it must be done whatever happens.
  if (!hasEnded(now) && now.repeatable && !reply.raw.destroyed) now = await queue.keep(job.id);
  if (!hasEnded(now)) {
    reply.code(202).header('location', `/api/jobs/${job.id}`);
    return sendJson(reply, { job_id: job.id });
  }
  if (now.state === 'succeeded') return sendJson(reply.code(call.status(now.result)), now.result);
  throw now.error ?? new BitacoraError('INTERNAL', `The job ${job.id} ended as ${now.state} without saying why.`);
}

/** Takes the job on. `isSent`: what it works on is still being sent, so that it is done with this connection or not at all. */
async function submit(
  request: FastifyRequest,
  { parts, callers }: Answering,
  { name, traits, input, records }: JobCall,
): Promise<{ job: Job; isSent: boolean }> {
  const { host } = parts;
  const upload = request.headers['content-type'] === MEDIA.bytes ? uploaded(request) : undefined;
  const isSent = upload !== undefined || (records !== undefined && records.bytes === undefined);
  // What changes nothing need not survive.
  const isRepeatable = traits.durable !== false && !isSent && input.dry_run !== true;
  const body = records?.bytes && jobBody(records.kind, records.bytes, records.hash);
  const job = await host.daemon.queue.submit(
    {
      operation: name,
      user: typeof input.user_id === 'string' ? input.user_id : undefined,
      access: traits.access,
      input,
      durable: isRepeatable && traits.durable === true,
      repeatable: isRepeatable,
    },
    {
      // What may be done after a restart is done as an administrator's: whether its caller may ask for it is decided already.
      work: isRepeatable ? undefined : createJobWork(host, { body: upload, records, caller: callers.of(request) }),
      body,
      join: isSent ? undefined : (live) => traits.join?.(input, body, live),
    },
  );
  return { job, isSent };
}

function jobBody(type: string, bytes: Uint8Array, hash = sha256(bytes)): JobBody {
  return { type, hash, held: bytes.length, load: async () => bytes };
}

/** The events of a job up to its end. Throws `UNKNOWN_JOB`. */
export async function answerEvents(
  request: FastifyRequest,
  reply: FastifyReply,
  { parts, limits, closing }: Answering,
  id: string,
): Promise<void> {
  const { queue } = parts.host.daemon;
  queue.get(id);
  const seen = Number(request.headers['last-event-id'] ?? Number.NaN);
  const after = Number.isSafeInteger(seen) && seen > 0 ? seen : undefined;
  const call = callSignal(reply, closing);
  const response = hijack(reply, { 'content-type': `${MEDIA.events}; charset=utf-8` });
  try {
    await writeEvents(response, queue, id, { after, signal: call.signal, heartbeatMs: limits.heartbeatMs });
  } catch (error) {
    // Nobody listens any more: the job goes on without them.
    if (!isBitacoraError(error, 'CANCELLED')) throw error;
  } finally {
    call.release();
  }
}

async function waitFor(
  reply: FastifyReply,
  { parts, closing }: Answering,
  id: string,
  waitMs: number | undefined,
): Promise<Job> {
  const call = callSignal(reply, closing);
  const enough = new AbortController();
  const timer = waitMs === undefined ? undefined : setTimeout(() => enough.abort(), waitMs);
  const stop = (): void => enough.abort();
  if (call.signal.aborted) stop();
  call.signal.addEventListener('abort', stop, { once: true });
  try {
    return await parts.host.daemon.queue.wait(id, { signal: enough.signal });
  } finally {
    clearTimeout(timer);
    call.release();
  }
}

const WAIT_SECONDS_MAX = 3600;

/** `Prefer: respond-async, wait=10` (RFC 7240). */
function preferences(header: string | string[] | undefined): { respondAsync: boolean; waitMs: number | undefined } {
  const words = [header ?? []]
    .flat()
    .join(',')
    .toLowerCase()
    .split(/\s*[,;]\s*/);
  const seconds = words.map((word) => /^\s*wait\s*=\s*"?(\d{1,5})"?\s*$/.exec(word)?.[1]).find((found) => found);
  return {
    respondAsync: words.some((word) => word.trim() === 'respond-async'),
    waitMs: seconds === undefined ? undefined : Math.min(Number(seconds), WAIT_SECONDS_MAX) * 1000,
  };
}
