import { z } from 'zod';
import { durability, durabilityLevel, idempotencyKey, problem, sessionId, time, userId } from './common.js';
import { jobId } from './job.js';

export const input = z.strictObject({
  session_id: sessionId,
  user_id: userId,
  durability: durabilityLevel.optional(),
  idempotency_key: idempotencyKey.optional(),
});

const ended = z.strictObject({
  backup_id: z.uuid(),
  status: z.enum(['complete', 'partial']),
  user_id: userId,
  user_created: z.boolean(),
  session_id: sessionId,
  timestamp: time,
  captured: z.array(z.string()),
  failures: z.array(problem),
  size_compressed: z.int(),
  size_uncompressed: z.int(),
  bytes_added: z.int(),
  duration_ms: z.int(),
  durability,
  /** Jobs that capture the user's sources marked so, behind this answer. */
  follow_up: z.array(jobId),
  warnings: z.array(z.string()),
});

const skipped = z.strictObject({
  /** Why nothing was done. */
  skipped: z.string(),
  user_id: userId,
  session_id: sessionId,
});

export const answer = z.union([ended, skipped]);

export type EndInput = z.infer<typeof input>;
export type EndedAnswer = z.infer<typeof ended>;
export type EndAnswer = z.infer<typeof answer>;
