import { z } from 'zod';
import { userId } from './common.js';
import { job } from './job.js';

export const input = z.strictObject({ user_id: userId.optional() });
/** Without results, which `GET /api/jobs/:job_id` has. */
export const answer = z.strictObject({ jobs: z.array(job) });

export type JobsInput = z.infer<typeof input>;
export type JobsAnswer = z.infer<typeof answer>;
