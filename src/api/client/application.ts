import { BitacoraError, isBitacoraError, throwIfAborted } from '../../base/index.js';
import type { JobDocument } from '../contract/job.js';
import { type AnswerOf, type InputOf, OPERATIONS, type OperationName, type OperationsOf } from '../operations.js';
import { MEDIA } from '../protocol.js';
import { callOf } from './call-of.js';
import { type Answered, errorOf, exchange, readJson } from './exchange.js';
import type { ClientPlace } from './options.js';
import { readEvents } from './read-events.js';
import { readItems } from './read-items.js';
import { withData } from './with-records.js';

/** How to reach a daemon, and how long to wait for it. */
export interface BitacoraClientOptions {
  /** Path of the daemon's Unix socket; usually that of the service. */
  readonly socket?: string;
  /** Over TCP instead: `http://127.0.0.1:8080`, with `token`. */
  readonly url?: string;
  /** A bearer token (`bitacora token create`). */
  readonly token?: string;
  /** Longest that a call may take unless it says otherwise. */
  readonly timeoutMs?: number;
}

export interface CallOptions {
  /** Longest that this call may take, its job included. A job that takes longer goes on. */
  readonly timeoutMs?: number | undefined;
  /** Ends the waiting. The job goes on; `cancel` stops it. */
  readonly signal?: AbortSignal | undefined;
  /** Tells a repeat of this request from another one: it is done once, and answered the same again. */
  readonly idempotencyKey?: string | undefined;
}

/** Collections of records: lists of documents, or one document of any kind. Bytes are JSON as it is to be kept. */
export type RecordData = Readonly<Record<string, unknown>> | Uint8Array;

/** A state's records: what docs/api.md calls the backup document. */
export type RecordsDocument = Readonly<Record<string, unknown>> & { readonly data: Readonly<Record<string, unknown>> };

/** The service's socket, as `bitacora service install` makes it. */
const USUAL_SOCKET = '/run/bitacora/bitacora.sock';
const TIMEOUT_MS = 60_000;

type Documents = OperationsOf<'document'>;
/** One of the items that an operation answers. */
export type ItemOf<Name extends OperationsOf<'items'>> =
  AnswerOf<Name> extends { readonly items: AsyncIterable<infer Item> } ? Item : never;
type Given<Name extends OperationName> = InputOf<Name> &
  (Name extends 'end' | 'backup' ? { readonly data?: RecordData | undefined } : object);

/**
 * A daemon as an application sees it: a method for each thing that is asked of it often, and `call` for everything that the table of
 * operations has. Inputs and answers are those of the API. Holds no connection, so that there is nothing to close.
 *
 * Every method throws `BitacoraError`: what the daemon answered, with its code; `DAEMON_SILENT` where it did not, or not in time, with
 * `details.job_id` where a job is known to go on; `CANCELLED` once its signal is aborted.
 */
export class BitacoraClient {
  readonly #place: ClientPlace;
  readonly #timeoutMs: number;

  constructor({ socket, url, token, timeoutMs = TIMEOUT_MS }: BitacoraClientOptions = {}) {
    if (url === undefined) this.#place = { socket: socket ?? USUAL_SOCKET, token };
    else this.#place = { socket: url, url: parseUrl(url), token };
    this.#timeoutMs = timeoutMs;
  }

  /** Ends a session: its records are captured, and the answer says that they are safe. */
  end(input: Given<'end'>, options?: CallOptions): Promise<AnswerOf<'end'>> {
    return this.call('end', input, options);
  }

  /** Takes a snapshot; one that is `critical` is a barrier, which returns only when it is durable. */
  backup(input: Given<'backup'>, options?: CallOptions): Promise<AnswerOf<'backup'>> {
    return this.call('backup', input, options);
  }

  /** A page of a user's snapshots, newest first. */
  list(input: InputOf<'list'>, options?: CallOptions): Promise<AnswerOf<'list'>> {
    return this.call('list', input, options);
  }

  /** One snapshot. */
  snapshot(input: InputOf<'snapshot'>, options?: CallOptions): Promise<AnswerOf<'snapshot'>> {
    return this.call('snapshot', input, options);
  }

  /** The records that a session left behind, as of now or `at`: the document of docs/api.md, with `data`. */
  sessionRecords(input: Omit<InputOf<'restore-session'>, 'target'>, options?: CallOptions): Promise<RecordsDocument> {
    const given = { ...input, format: 'json' } as const;
    return this.#within(options, async (signal) => {
      const call = { ...callOf('restore-session', given, MEDIA.json), signal };
      return (await readJson(await exchange(this.#place, call))) as RecordsDocument;
    });
  }

  /** Writes files back, below a target on the daemon's machine. */
  restore(input: InputOf<'restore'>, options?: CallOptions): Promise<AnswerOf<'restore'>> {
    return this.call('restore', input, options);
  }

  /** Says that a scope no longer exists from now on. */
  endScope(input: InputOf<'scope-end'>, options?: CallOptions): Promise<AnswerOf<'scope-end'>> {
    return this.call('scope-end', input, options);
  }

  /** What was ever captured of a user, ended or not, each with its newest capture. */
  async scopes(input: InputOf<'scopes'>, options?: CallOptions): Promise<ItemOf<'scopes'>[]> {
    return this.#within(options, async (signal) => {
      const answered = await exchange(this.#place, { ...callOf('scopes', input, MEDIA.lines), signal });
      const all: unknown[] = [];
      for await (const item of (await readItems(answered)).items) all.push(item);
      return all as ItemOf<'scopes'>[];
    });
  }

  job(input: InputOf<'job'>, options?: CallOptions): Promise<AnswerOf<'job'>> {
    return this.call('job', input, options);
  }

  jobs(input: InputOf<'jobs'> = {}, options?: CallOptions): Promise<AnswerOf<'jobs'>> {
    return this.call('jobs', input, options);
  }

  cancel(input: InputOf<'cancel'>, options?: CallOptions): Promise<AnswerOf<'cancel'>> {
    return this.call('cancel', input, options);
  }

  health(options?: CallOptions): Promise<AnswerOf<'health'>> {
    return this.call('health', {}, options);
  }

  status(options?: CallOptions): Promise<AnswerOf<'status'>> {
    return this.call('status', {}, options);
  }

  /** Any operation that answers one document. */
  call<Name extends Documents>(name: Name, input: Given<Name>, options?: CallOptions): Promise<AnswerOf<Name>> {
    const { job } = OPERATIONS[name];
    const headers = options?.idempotencyKey === undefined ? {} : { 'idempotency-key': options.idempotencyKey };
    return this.#within(options, async (signal, follower) => {
      const call = withRawData({ ...callOf(name, input, job ? MEDIA.events : MEDIA.json), headers, signal });
      const answer = job ? await follower.run(call) : await readJson(await exchange(this.#place, call));
      return answer as AnswerOf<Name>;
    });
  }

  async #within<T>(
    { timeoutMs = this.#timeoutMs, signal }: CallOptions = {},
    use: (signal: AbortSignal, follower: JobFollower) => Promise<T>,
  ): Promise<T> {
    const time = AbortSignal.timeout(timeoutMs);
    const ended = signal ? AbortSignal.any([signal, time]) : time;
    const follower = new JobFollower(this.#place, ended);
    try {
      return await use(ended, follower);
    } catch (error) {
      throwIfAborted(signal);
      throw time.aborted && isBitacoraError(error, 'CANCELLED') ? tooLate(timeoutMs, follower.id) : error;
    }
  }
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new TypeError(`Not the URL of a daemon: "${text}".`);
}

type Call = Parameters<typeof exchange>[1];

/** Puts `data` that is JSON already into the body as it is: what is kept is each byte as it came. */
function withRawData(call: Call): Call {
  const { data, ...rest } = (call.json ?? {}) as { readonly data?: unknown };
  return data instanceof Uint8Array ? withData({ ...call, json: rest }, data) : call;
}

function tooLate(timeoutMs: number, jobId: string | undefined): BitacoraError {
  const goesOn = jobId === undefined ? '' : ` The job ${jobId} goes on.`;
  const message = `There was no answer within ${timeoutMs} ms.${goesOn}`;
  return new BitacoraError('DAEMON_SILENT', message, {
    retryable: true,
    details: jobId === undefined ? {} : { job_id: jobId },
  });
}

/** Starts a job and follows it to its end, over as many connections as that takes. */
class JobFollower {
  readonly #place: ClientPlace;
  readonly #signal: AbortSignal;
  #job: JobDocument | undefined;

  constructor(place: ClientPlace, signal: AbortSignal) {
    this.#place = place;
    this.#signal = signal;
  }

  /** Of the job, once it is known. */
  get id(): string | undefined {
    return this.#job?.job_id;
  }

  async run(call: Call): Promise<unknown> {
    let next = call;
    for (;;) {
      const answered = await this.#exchange(next);
      let lastId = '';
      let cause: unknown;
      try {
        for await (const { id, data } of readEvents(answered.response as AsyncIterable<Uint8Array>)) {
          lastId = id;
          this.#job = JSON.parse(data) as JobDocument;
          if (this.#job.state === 'succeeded') return this.#job.result;
          if (this.#job.state === 'failed' || this.#job.state === 'cancelled')
            throw errorOf({ error: this.#job.error });
        }
      } catch (error) {
        if (isBitacoraError(error)) throw error;
        cause = error;
      } finally {
        answered.cut();
      }
      throwIfAborted(this.#signal);
      // Cut off: who asks again learns what became of the job. Before its first event nothing is known of it.
      if (this.#job === undefined) throw answered.broken(cause);
      const path = `/api/jobs/${this.#job.job_id}/events`;
      next = { method: 'GET', path, accept: MEDIA.events, headers: { 'last-event-id': lastId }, signal: this.#signal };
    }
  }

  /** A daemon that was started anew knows nothing of jobs that ended with the one before, or were not kept: what became of them cannot be learnt. */
  async #exchange(call: Call): Promise<Answered> {
    try {
      return await exchange(this.#place, call);
    } catch (cause) {
      if (this.#job === undefined || !isBitacoraError(cause, 'UNKNOWN_JOB')) throw cause;
      const { job_id } = this.#job;
      const message = `The daemon went away while it worked on the job ${job_id}, and the one that runs now does not know it.`;
      throw new BitacoraError('DAEMON_SILENT', message, { retryable: true, cause, details: { job_id } });
    }
  }
}
