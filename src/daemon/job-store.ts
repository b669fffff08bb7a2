import { OPERATIONS, type OperationName } from '../api/index.js';
import { BitacoraError } from '../base/index.js';
import type { JobStore, StoredJob } from '../scheduler/index.js';

/**
 * The store without jobs that this version cannot run, as another version may have left them: an operation that there is not, or an
 * input that it does not understand. They count among the damaged, and stay.
 */
export function runnableOnly(store: JobStore): JobStore {
  return {
    add: (job) => store.add(job),
    remove: (id) => store.remove(id),
    sweep: () => store.sweep(),
    list: async () => {
      const { jobs, damaged } = await store.list();
      const runnable: StoredJob[] = [];
      const foreign: BitacoraError[] = [];
      for (const job of jobs) {
        const problem = await problemOf(job);
        if (problem === undefined) runnable.push(job);
        else foreign.push(foreignJob(job, problem));
      }
      return { jobs: runnable, damaged: [...damaged, ...foreign] };
    },
  };
}

async function problemOf({ operation, input }: StoredJob): Promise<string | undefined> {
  if (!isOperation(operation) || !OPERATIONS[operation].job?.durable) return 'it names no operation of this kind';
  const { input: schema } = await OPERATIONS[operation].contract();
  const parsed = schema.safeParse(input);
  return parsed.success ? undefined : `its input is not understood (${parsed.error.issues[0]?.message ?? 'unknown'})`;
}

function isOperation(name: string): name is OperationName {
  return Object.hasOwn(OPERATIONS, name);
}

function foreignJob({ id, operation }: StoredJob, problem: string): BitacoraError {
  const object = `queue/${id.replaceAll('-', '')}`;
  return new BitacoraError(
    'FORMAT_NEWER',
    `The job in "${object}" (${operation}) is for another version of the program: ${problem}.`,
    { details: { object, job: id } },
  );
}
