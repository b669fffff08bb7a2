import { z } from 'zod';
import { problem, userId } from './common.js';
import { summary } from './list.js';

export const input = z.strictObject({ user_id: userId, backup_id: z.string().max(64) });

export const answer = summary.extend({
  parent_id: z.uuid().nullable(),
  /** SHA-256 of the root entries of what was captured, in the order of `captured`; the same where the content is the same. */
  integrity_hash: z.string().regex(/^[0-9a-f]{64}$/),
  failures: z.array(problem),
});

export type SnapshotInput = z.infer<typeof input>;
export type SnapshotAnswer = z.infer<typeof answer>;
