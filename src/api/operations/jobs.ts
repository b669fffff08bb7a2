import { BitacoraError } from '../../base/index.js';
import type { Job, JobQueue } from '../../scheduler/index.js';
import type { JobDocument } from '../contract/job.js';
import type { JobsAnswer, JobsInput } from '../contract/jobs.js';
import type { OneJobInput } from '../contract/one-job.js';
import { jobDocument } from '../job-document.js';
import type { ItemStream, OperationContext } from '../operation.js';

/** The jobs that wait, run, or ended lately, as far as the caller may see them, in the order of submission. Only a daemon has any. */
export async function jobs({ daemon, caller }: OperationContext, { user_id: user }: JobsInput): Promise<JobsAnswer> {
  const known = daemon?.queue.list({ user }) ?? [];
  return { jobs: known.filter((one) => caller.sees(one)).map(withoutResult) };
}

/** One of them, with its result. */
export async function job({ daemon }: OperationContext, { job_id: id }: OneJobInput): Promise<JobDocument> {
  return jobDocument(queueOf(daemon, id).get(id));
}

/** Asks for a job's end; `cancelling` in the answer says that it is still at work. */
export async function cancel({ daemon }: OperationContext, { job_id: id }: OneJobInput): Promise<JobDocument> {
  return jobDocument(await queueOf(daemon, id).cancel(id));
}

/** The jobs as they stand, then each whenever it has changed, for as long as somebody listens. */
export async function watchJobs({
  daemon,
  caller,
  signal,
}: OperationContext): Promise<ItemStream<Record<string, never>, JobDocument>> {
  return { head: {}, member: 'jobs', items: changes(daemon?.queue, caller, signal) };
}

async function* changes(
  queue: JobQueue | undefined,
  caller: OperationContext['caller'],
  signal: AbortSignal,
): AsyncGenerator<JobDocument> {
  if (!queue) return;
  const changed = queue.followAll({ signal });
  for (const known of queue.list()) if (caller.sees(known)) yield withoutResult(known);
  for await (const known of changed) if (caller.sees(known)) yield withoutResult(known);
}

function queueOf(daemon: OperationContext['daemon'], id: string): JobQueue {
  if (daemon) return daemon.queue;
  throw new BitacoraError('UNKNOWN_JOB', `There is no job "${id}": no daemon runs for this vault.`, {
    details: { job: id },
  });
}

function withoutResult(job: Job): JobDocument {
  return jobDocument({ ...job, result: undefined });
}
