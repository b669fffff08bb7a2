import { z } from 'zod';
import { absolutePath, problem, selection, selector, userId } from './common.js';
import { wishes } from './wishes.js';

export const input = z.strictObject({
  user_id: userId,
  ...selector,
  /** Where to; without one the answer is what `export` answers. */
  target: absolutePath.optional(),
  /** Of an answer without a target; `json` unless told. */
  format: z.enum(['tar', 'json']).optional(),
  ...wishes,
  flatten: z.boolean().optional(),
  overwrite: z.enum(['never', 'changed', 'always']).optional(),
  delete: z.boolean().optional(),
  verify: z.boolean().optional(),
  dry_run: z.boolean().optional(),
});

export const answer = z.strictObject({
  user_id: userId,
  ...selection,
  target: z.string(),
  status: z.enum(['complete', 'partial', 'corrupt']),
  dry_run: z.boolean(),
  restored: z.array(z.string()),
  files: z.int(),
  directories: z.int(),
  others: z.int(),
  bytes_written: z.int(),
  bytes_reused: z.int(),
  identical: z.int(),
  kept: z.int(),
  deleted: z.int(),
  verified: z.int(),
  failures: z.array(problem),
  failure_count: z.int(),
  warnings: z.array(problem),
  warning_count: z.int(),
  duration_ms: z.int(),
});

export type RestoreInput = z.infer<typeof input>;
export type RestoreAnswer = z.infer<typeof answer>;
