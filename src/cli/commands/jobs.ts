import type { AnswerOf } from '../../api/index.js';
import { formatTime, jsonText } from '../../base/index.js';
import { call, callItems } from '../call.js';
import { type CommandContext, EXIT } from '../context.js';
import { formatTable } from '../table.js';
import { countOf, formatBytes, formatCount } from '../units.js';

export interface JobsFlags {
  readonly watch?: boolean;
}
type Job = AnswerOf<'job'>;

/** `bitacora jobs` */
export async function runJobs(context: CommandContext, flags: JobsFlags): Promise<number> {
  if (flags.watch) return watch(context);
  const { output } = context;
  const answer = await call(context, 'jobs', {});
  if (output.json) output.document(answer);
  else {
    if (answer.jobs.length > 0) for (const line of formatTable(COLUMNS, answer.jobs)) output.line(line);
    output.note(countOf(answer.jobs.length, 'job'));
  }
  return EXIT.ok;
}

/** A line whenever a job has come to another state or step; with `--json` every change, a document a line. */
async function watch(context: CommandContext): Promise<number> {
  const { output } = context;
  await callItems(context, 'watch-jobs', {}, async ({ items }) => {
    const told = new Map<string, string>();
    for await (const job of items) {
      if (output.closed) return;
      const state = `${job.state} ${job.progress?.phase}`;
      if (output.json) output.raw(`${jsonText(job)}\n`);
      else if (told.get(job.job_id) !== state) output.line(jobLine(job));
      told.set(job.job_id, state);
      output.flush();
    }
  });
  return EXIT.ok;
}

/** `bitacora cancel JOB` */
export async function runCancel(context: CommandContext, id: string): Promise<number> {
  const { output } = context;
  const job = await call(context, 'cancel', { job_id: id });
  if (output.json) output.document(job);
  else output.note(job.cancelling ? `The job ${id} was told to stop.` : `The job ${id}: ${job.state}.`);
  return EXIT.ok;
}

/** A job in one line. */
export function jobLine(job: Job): string {
  const failed = job.error && job.state !== 'succeeded' ? `  ${job.error.message}` : '';
  return [job.job_id, job.state, job.operation, job.user_id ?? '(all users)', progressText(job)]
    .filter((part) => part !== '')
    .join('  ')
    .concat(failed);
}

function progressText({ state, progress, attempts, retry_at: again }: Job): string {
  if (again !== null) return `attempt ${attempts} failed, the next is at ${formatTime(Date.parse(again))}`;
  if (state !== 'running' || progress === null) return '';
  return `${progress.phase}: ${countOf(progress.files, 'file')}, ${formatBytes(progress.bytes)}`;
}

const COLUMNS = [
  { title: 'Job', cell: ({ job_id }: Job) => job_id },
  { title: 'State', cell: ({ state, cancelling }: Job) => (cancelling ? 'stopping' : state) },
  { title: 'What', cell: ({ operation }: Job) => operation },
  { title: 'User', cell: ({ user_id }: Job) => user_id ?? '(all)' },
  { title: 'Submitted', cell: ({ submitted }: Job) => formatTime(Date.parse(submitted)) },
  { title: 'Warnings', right: true, cell: ({ warnings }: Job) => formatCount(warnings.length) },
  {
    title: 'Progress',
    cell: (job: Job) => (job.error && job.state === 'failed' ? job.error.message : progressText(job)),
  },
];
