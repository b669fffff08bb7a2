import { z } from 'zod';
import { job } from './job.js';

export const input = z.strictObject({});
export const head = z.strictObject({});
export const item = job;
export const member = 'jobs';
