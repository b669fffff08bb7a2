import type { JobWork } from '../scheduler/index.js';
import { type OperationHost, withContext } from './host.js';
import type { OperationContext } from './operation.js';
import { OPERATIONS, type OperationName } from './operations.js';

/**
 * What a job queue is given as its work: runs the operation that a job names on the job's input.
 *
 * @param body - Of a job whose bytes are being uploaded.
 * @returns a function whose result is the answer's document. It throws what the operation throws.
 */
export function createJobWork(host: OperationHost, body?: AsyncIterable<Uint8Array>): JobWork {
  return ({ job, signal, progress }) =>
    withContext(host, { signal, progress, jobId: job.id, body }, async (context) => {
      const { operation: name } = job;
      if (!isOperation(name) || OPERATIONS[name].job === undefined) {
        throw new TypeError(`No operation "${name}" runs as a job.`);
      }
      // Checked when it was submitted.
      const run = (await OPERATIONS[name].load()) as (context: OperationContext, input: unknown) => Promise<unknown>;
      return run(context, job.input);
    });
}

function isOperation(name: string): name is OperationName {
  return Object.hasOwn(OPERATIONS, name);
}
