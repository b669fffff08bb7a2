import { z } from 'zod';
import { time, userId } from './common.js';

export const input = z.strictObject({
  user_id: userId,
  scope: z.string().min(1).max(8192),
  reason: z.string().max(4096).optional(),
});

export const answer = z.strictObject({
  backup_id: z.uuid(),
  user_id: userId,
  scope: z.string(),
  /** Since when it is no more. */
  timestamp: time,
});

export type ScopeEndInput = z.infer<typeof input>;
export type ScopeEndAnswer = z.infer<typeof answer>;
