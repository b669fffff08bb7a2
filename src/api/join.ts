import type { Job, JobBody, LiveJobView } from '../scheduler/index.js';
import { repeatDiffers } from './idempotency.js';

type Input = Readonly<Record<string, unknown>>;

/**
 * Joins a request with an idempotency key to the job that does the same one.
 *
 * @throws {BitacoraError} `REPEAT_DIFFERS` where the key stands for another request.
 */
export function joinByKey(
  operation: string,
  input: Input,
  body: JobBody | undefined,
  live: readonly LiveJobView[],
): Job | undefined {
  const { idempotency_key: key } = input;
  if (key === undefined) return undefined;
  // What is being sent cannot be compared before it has come; who sends it waits for its turn, and then finds what was done.
  const other = live.find(({ job }) => job.input.idempotency_key === key && isJoinable(job));
  if (!other) return undefined;
  if (other.job.operation === operation && asksTheSame(input, body, other)) return other.job;
  throw repeatDiffers(String(key));
}

/**
 * Joins the end of a session to the newest one of the same session that waits or runs, where that captures what this one would: the same
 * records, or, where these are not sent but fetched, one that has not begun to fetch them. Anything else is newer, and follows it.
 */
export function joinEnd(input: Input, body: JobBody | undefined, live: readonly LiveJobView[]): Job | undefined {
  const same = joinByKey('end', input, body, live);
  if (same || input.idempotency_key !== undefined) return same;
  const newest = live.filter(({ job }) => job.operation === 'end' && job.input.session_id === input.session_id).at(-1);
  if (!newest || !isJoinable(newest.job) || !asksTheSame(input, body, newest)) return undefined;
  return body || newest.job.state === 'queued' ? newest.job : undefined;
}

/** Somebody's wish to stop a job is not the wish of whoever comes then: that call is done behind it. */
function isJoinable({ repeatable, cancelling }: Job): boolean {
  return repeatable === true && !cancelling;
}

function asksTheSame(input: Input, body: JobBody | undefined, { job, body: other }: LiveJobView): boolean {
  // A request without a key joins one with a key all the same.
  const { idempotency_key: _, ...own } = input;
  const { idempotency_key: __, ...others } = job.input;
  const names = new Set([...Object.keys(own), ...Object.keys(others)]);
  for (const name of names) if (JSON.stringify(own[name]) !== JSON.stringify(others[name])) return false;
  if (!body || !other) return body === other;
  return body.type === other.type && Buffer.compare(body.hash, other.hash) === 0;
}
