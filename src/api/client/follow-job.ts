import { BitacoraError, isBitacoraError } from '../../base/index.js';
import type { JobDocument } from '../contract/job.js';
import { progressOf } from '../job-document.js';
import { HEADER, MEDIA } from '../protocol.js';
import { type Answered, brokenOff, errorOf, exchange } from './exchange.js';
import type { ClientOptions } from './options.js';
import { readEvents } from './read-events.js';

/**
 * Follows a job from its first event to its end, across one loss of the connection. Once `options.signal` is aborted the job is
 * cancelled, and its end still awaited.
 *
 * @param started - The answer to the call that started the job.
 * @returns the job's result.
 * @throws {BitacoraError} the job's error; `DAEMON_SILENT` where its end cannot be learnt, with what becomes of it.
 */
export async function followJob(options: ClientOptions, started: Answered): Promise<unknown> {
  const follower = new Follower(options);
  const { signal } = options;
  const cancel = (): void => follower.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  if (signal.aborted) cancel();
  try {
    await follower.read(started);
    if (!follower.ended) await follower.read(await follower.again());
    // What went wrong on this side says more than that the upload broke off.
    if (started.sourceError() !== undefined) throw started.sourceError();
    return await follower.result();
  } finally {
    signal.removeEventListener('abort', cancel);
    started.cut();
  }
}

class Follower {
  readonly #options: ClientOptions;
  #job: JobDocument | undefined;
  #lastId = '';
  #daemonUid: string | string[] | undefined;
  #cancelWanted = false;
  #cancelling: Promise<void> | undefined;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  get ended(): boolean {
    return this.#job !== undefined && this.#job.state !== 'queued' && this.#job.state !== 'running';
  }

  async read({ response }: Answered): Promise<void> {
    this.#daemonUid = response.headers[HEADER.uid];
    try {
      for await (const { id, data } of readEvents(response as AsyncIterable<Uint8Array>)) {
        this.#lastId = id;
        this.#take(JSON.parse(data) as JobDocument);
        if (this.ended) return;
      }
    } catch {
      // Cut off: who asks again learns what became of the job.
    }
  }

  again(): Promise<Answered> {
    if (!this.#job) throw this.#lost(undefined);
    const { job_id: id } = this.#job;
    const call = { method: 'GET', path: `/api/jobs/${id}/events`, accept: MEDIA.events };
    return exchange(this.#options, { ...call, headers: { 'last-event-id': this.#lastId } }).catch((error) => {
      throw this.#lost(error);
    });
  }

  cancel(): void {
    this.#cancelWanted = true;
    if (!this.#job || this.#cancelling) return;
    const { job_id: id } = this.#job;
    const call = { method: 'POST', path: `/api/jobs/${id}/cancel`, accept: MEDIA.json, json: {} };
    // Where it cannot be sent, the end of the events tells why.
    this.#cancelling = exchange(this.#options, call).then(
      ({ response }) => void response.resume(),
      () => {},
    );
  }

  async result(): Promise<unknown> {
    await this.#cancelling;
    const job = this.#job;
    if (!job || !this.ended) throw this.#lost(undefined);
    for (const warning of job.warnings) this.#options.logger.warn(warning);
    if (job.state === 'succeeded') return job.result;
    throw errorOf({ error: job.error }, this.#daemonUid);
  }

  #take(job: JobDocument): void {
    this.#job = job;
    if (job.progress) this.#options.progress(progressOf(job.progress));
    if (this.#cancelWanted) this.cancel();
  }

  #lost(cause: unknown): BitacoraError {
    const { socket } = this.#options;
    const job = this.#job;
    if (!job) return brokenOff(cause);
    if (isBitacoraError(cause) && cause.code !== 'DAEMON_SILENT' && cause.code !== 'UNKNOWN_JOB') return cause;
    const becomes = job.durable
      ? 'It is kept and goes on when the daemon runs again.'
      : 'It ended with the daemon, without having finished.';
    const message = `The daemon at "${socket}" went away while it worked on the job ${job.job_id}. ${becomes}`;
    return new BitacoraError('DAEMON_SILENT', message, {
      retryable: true,
      cause,
      details: { socket, job_id: job.job_id },
    });
  }
}
