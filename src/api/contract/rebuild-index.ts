import { z } from 'zod';
import { errorItem, userId } from './common.js';

export const input = z.strictObject({ user_id: userId.optional() });

export const answer = z.strictObject({
  status: z.enum(['complete', 'damaged']),
  users: z.array(
    z.strictObject({
      user_id: userId,
      packs: z.int(),
      chunks: z.int(),
      entries: z.int(),
      problems: z.array(errorItem),
    }),
  ),
  registry_problems: z.array(errorItem),
  duration_ms: z.int(),
});

export type RebuildIndexInput = z.infer<typeof input>;
export type RebuildIndexAnswer = z.infer<typeof answer>;
