import { z } from 'zod';
import { errorItem, time, userId } from './common.js';

export const jobId = z.uuid();

/** How far something is. Totals are there where they are known. */
export const progress = z.looseObject({
  phase: z.string(),
  files: z.int(),
  bytes: z.int(),
  files_total: z.int().optional(),
  bytes_total: z.int().optional(),
  current: z.string().optional(),
});

export const job = z.strictObject({
  job_id: jobId,
  operation: z.string(),
  /** Null: all users. */
  user_id: userId.nullable(),
  state: z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled']),
  /** Rises with every change. */
  revision: z.int(),
  /** Somebody asked for its end and it has not ended yet. */
  cancelling: z.boolean(),
  /** It survives the end of the daemon. */
  durable: z.boolean(),
  input: z.record(z.string(), z.unknown()),
  submitted: time,
  started: time.nullable(),
  ended: time.nullable(),
  priority: z.enum(['critical', 'session_end', 'manual', 'periodic']),
  /** How often it was started in this process. */
  attempts: z.int(),
  /** When it is tried again, of a job that failed for a passing reason and waits. */
  retry_at: time.nullable(),
  progress: progress.nullable(),
  /** The document that the operation answers, of a job that succeeded. */
  result: z.unknown(),
  error: errorItem.nullable(),
  warnings: z.array(z.string()),
});

export type ProgressDocument = z.infer<typeof progress>;
export type JobDocument = z.infer<typeof job>;
