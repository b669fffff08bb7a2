import { z } from 'zod';
import { userId } from './common.js';

export const input = z.strictObject({ user_id: userId.optional() });

const figures = {
  snapshots: z.int(),
  /** Of the newest state. */
  files: z.int(),
  size_uncompressed: z.int(),
  /** Of all snapshots together, as if each were a full copy. */
  size_of_all_snapshots: z.int(),
  /** Plain bytes that were new when a snapshot came. */
  bytes_new: z.int(),
  /** What these came to in packs. */
  bytes_added: z.int(),
  /** Bytes of all objects there are now. */
  stored_bytes: z.int(),
  packs: z.int(),
  chunks: z.int(),
  /** Plain bytes of all snapshots to one new plain byte; null where nothing was new. */
  dedup_ratio: z.number().nullable(),
  /** New plain bytes to one byte in packs. */
  compression_ratio: z.number().nullable(),
};

export const answer = z.strictObject({
  users: z.array(z.strictObject({ user_id: userId, ...figures })),
  total: z.strictObject(figures),
});

const shape = z.strictObject(figures);
export type Figures = z.infer<typeof shape>;
export type StatsInput = z.infer<typeof input>;
export type StatsAnswer = z.infer<typeof answer>;
