import type { JobWork } from '../scheduler/index.js';
import { type OperationCall, type OperationHost, withContext } from './host.js';
import type { OperationContext } from './operation.js';
import { OPERATIONS, type OperationName } from './operations.js';
import { recordBodyOf } from './records/body.js';

/**
 * What a job queue is given as its work: runs the operation that a job names on the job's input.
 *
 * @param sent - What is being sent for the one job; what came with a job before is the job's own.
 * @returns a function whose result is the answer's document. It throws what the operation throws.
 */
export function createJobWork(
  host: OperationHost,
  sent: Pick<OperationCall, 'body' | 'records' | 'caller'> = {},
): JobWork {
  return async ({ job, body: kept, again, signal, progress }) => {
    const records = kept ? recordBodyOf(kept.type, await kept.load(), kept.hash) : sent.records;
    return withContext(
      host,
      { signal, progress, jobId: job.id, body: sent.body, caller: sent.caller, records, again },
      async (context) => {
        const { operation: name } = job;
        if (!isOperation(name) || OPERATIONS[name].job === undefined) {
          throw new TypeError(`No operation "${name}" runs as a job.`);
        }
        // Checked when it was submitted.
        const run = (await OPERATIONS[name].load()) as (context: OperationContext, input: unknown) => Promise<unknown>;
        return run(context, job.input);
      },
    );
  };
}

function isOperation(name: string): name is OperationName {
  return Object.hasOwn(OPERATIONS, name);
}
