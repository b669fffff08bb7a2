import { z } from 'zod';
import { problem, userId } from './common.js';
import { summary } from './list.js';

export const input = z.strictObject({
  user_id: userId,
  backup_id: z.string().max(64),
  /** The records as well: the answer is then the document that `export` gives as JSON. */
  data: z.enum(['1', 'true', '0', 'false']).optional(),
});

export const answer = summary.extend({
  parent_id: z.uuid().nullable(),
  /** What its new data was compressed with; null where that was not kept. */
  compression: z.string().nullable(),
  /** `key_id`: generation and epoch of the user's key. */
  encryption: z.strictObject({ algorithm: z.literal('AES-256-GCM'), key_id: z.string() }),
  /** SHA-256 of `data` as it is served; without records, of the root entries of what was captured, in the order of `captured`. */
  integrity_hash: z.string().regex(/^[0-9a-f]{64}$/),
  /** About how much all that it needs takes in packs, what is shared with other snapshots included. */
  size_compressed: z.int(),
  failures: z.array(problem),
});

export type SnapshotInput = z.infer<typeof input>;
export type SnapshotAnswer = z.infer<typeof answer>;
