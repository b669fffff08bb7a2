import { z } from 'zod';
import { errorItem, userId } from './common.js';

export const input = z.strictObject({
  user_id: userId.optional(),
  /** Per cent of the packs' bytes; left out, all. */
  share: z.number().positive().max(100).optional(),
  /** Only what is due by the timetable, slowly: every byte once in 30 days, all metadata; `share` is then what a round reads. */
  due: z.boolean().optional(),
});

export const answer = z.strictObject({
  /** `unread`: nothing is damaged, but something could not be asked for. */
  status: z.enum(['sound', 'damaged', 'unread']),
  /** Without the master key only names can be checked. */
  checked: z.enum(['content', 'names']),
  users: z.array(
    z.strictObject({
      /** Of the vault's own name for a user, the uid, where only names were checked. */
      user_id: userId,
      packs: z.int(),
      bytes: z.int(),
      chunks: z.int(),
      entries: z.int(),
      problems: z.array(errorItem),
      quarantined_chunks: z.int(),
      superseded_packs: z.int(),
    }),
  ),
  vault_problems: z.array(errorItem),
  share: z.number(),
  read_only: z.boolean(),
  duration_ms: z.int(),
});

export type ScrubInput = z.infer<typeof input>;
export type ScrubAnswer = z.infer<typeof answer>;
