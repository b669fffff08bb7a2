import { throwIfAborted } from '../../base/index.js';
import { OPERATIONS } from '../operations.js';
import { HEADER, MEDIA } from '../protocol.js';
import { callOf } from './call-of.js';
import { type Exchange, exchange, readJson } from './exchange.js';
import { followJob } from './follow-job.js';
import type { ApiClient, ClientOptions } from './options.js';
import { readFrames } from './read-frames.js';
import { readItems } from './read-items.js';
import { withRecords } from './with-records.js';

/** Longest that a daemon may take to say that it is there. */
const HEALTH_TIMEOUT_MS = 5000;

/** See `connectApi`. */
export async function reachDaemon(options: ClientOptions): Promise<ApiClient> {
  const { signal, logger, version } = options;
  const health: Exchange = {
    method: 'GET',
    path: '/api/version',
    accept: MEDIA.json,
    timeoutMs: HEALTH_TIMEOUT_MS,
    signal,
  };
  const answered = await exchange(options, health);
  await readJson(answered);
  answered.cut();
  const { response } = answered;
  const theirs = String(response.headers[HEADER.version]);
  if (theirs !== version) {
    logger.warn(`The daemon is version ${theirs}, this program ${version}: restart the daemon to have both alike.`);
  }
  return {
    document: async (name, input, body, records) => {
      const { job } = OPERATIONS[name];
      const asked = (sent?: AsyncIterable<Uint8Array>): Exchange => callOf(name, input, MEDIA.events, sent);
      const call = (): Exchange => (records ? withRecords(records, asked, asked) : asked(body));
      if (job) return (await runJob(options, call())) as never;
      const answered = await exchange(options, { ...callOf(name, input, MEDIA.json), signal });
      return (await readJson(answered)) as never;
    },
    items: async (name, input) =>
      (await readItems(await exchange(options, { ...callOf(name, input, MEDIA.lines), signal }))) as never,
    bytes: async (name, input) => readFrames(await exchange(options, { ...callOf(name, input, MEDIA.frames), signal })),
  };
}

/** Longest to wait, once stopped, for the job of which nothing is known yet: without its id it cannot be cancelled. */
const UNKNOWN_JOB_MS = 3000;

async function runJob(options: ClientOptions, call: Exchange): Promise<unknown> {
  const { signal } = options;
  const patience = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    timer = setTimeout(() => patience.abort(), UNKNOWN_JOB_MS);
  };
  throwIfAborted(signal);
  signal.addEventListener('abort', stop, { once: true });
  try {
    const started = await exchange(options, { ...call, signal: patience.signal });
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    return await followJob(options, started);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}
