import { z } from 'zod';
import { job, jobId } from './job.js';

export const input = z.strictObject({ job_id: jobId });
export const answer = job;

export type OneJobInput = z.infer<typeof input>;
