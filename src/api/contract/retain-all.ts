import { z } from 'zod';
import { errorItem, userId } from './common.js';

export const input = z.strictObject({});

export const answer = z.strictObject({
  users: z.array(
    z.strictObject({
      user_id: userId,
      /** How many snapshots were forgotten. */
      forgotten: z.int(),
      warnings: z.array(z.string()),
    }),
  ),
  /** Users with whom it could not be done, and records that cannot be read. */
  problems: z.array(errorItem),
});

export type RetainAllInput = z.infer<typeof input>;
export type RetainAllAnswer = z.infer<typeof answer>;
