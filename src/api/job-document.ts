import { type BitacoraError, isoTime, type Progress } from '../base/index.js';
import type { Job } from '../scheduler/index.js';
import type { JobDocument, ProgressDocument } from './contract/job.js';

/** A job as answers and events have it. */
export function jobDocument(job: Job): JobDocument {
  const { id, operation, user, state, revision, cancelling, durable, input, started, ended, progress, error } = job;
  const { retryAt } = job;
  return {
    job_id: id,
    operation,
    user_id: user ?? null,
    state,
    revision,
    cancelling,
    durable,
    input: { ...input },
    submitted: isoTime(job.submitted),
    started: started === undefined ? null : isoTime(started),
    ended: ended === undefined ? null : isoTime(ended),
    priority: job.priority,
    attempts: job.attempts,
    retry_at: retryAt === undefined ? null : isoTime(retryAt),
    progress: progress === undefined ? null : progressDocument(progress),
    result: job.result ?? null,
    error: error === undefined ? null : errorDocument(error),
    warnings: [...job.warnings],
  };
}

/** An error as answers have it. */
export function errorDocument({ code, message, details }: BitacoraError): NonNullable<JobDocument['error']> {
  return { code, message, details: { ...details } };
}

/** `filesTotal` as `files_total`, and so on: every member there is. */
export function progressDocument(progress: Progress): ProgressDocument {
  const entries = Object.entries(progress).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([key, value]) => [snakeCase(key), value])) as ProgressDocument;
}

/** The other way round. */
export function progressOf(document: ProgressDocument): Progress {
  return Object.fromEntries(
    Object.entries(document).map(([key, value]) => [camelCase(key), value]),
  ) as unknown as Progress;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
