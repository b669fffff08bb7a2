import { z } from 'zod';
import { absolutePath, userId } from './common.js';
import { state } from './diff.js';

export const input = z.strictObject({
  user_id: userId,
  before: state,
  directory: absolutePath,
  /** Read every file of equal size and compare its bytes. */
  checksum: z.boolean().optional(),
});
export const head = z.strictObject({ user_id: userId, before: state, directory: z.string(), checksum: z.boolean() });
export { item, member, tail } from './diff.js';

export type DiffDiskInput = z.infer<typeof input>;
export type DiffDiskHead = z.infer<typeof head>;
