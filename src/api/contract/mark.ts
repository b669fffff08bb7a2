import { z } from 'zod';
import { time, userId } from './common.js';

export const input = z.strictObject({
  user_id: userId,
  /** An id, or the first 8 or more digits of one. */
  backup_id: z.string().max(64),
});

export const answer = z.strictObject({
  user_id: userId,
  backup_id: z.string(),
  pinned: z.boolean(),
  /** When it was forgotten; null unless it is. */
  forgotten: time.nullable(),
  /** Whether this call changed anything. */
  changed: z.boolean(),
  warnings: z.array(z.string()),
});

export type MarkInput = z.infer<typeof input>;
export type MarkAnswer = z.infer<typeof answer>;
