import { z } from 'zod';
import { patterns, selector, userId } from './common.js';

export const input = z.strictObject({
  user_id: userId,
  ...selector,
  format: z.literal('tar'),
  include: patterns.optional(),
  exclude: patterns.optional(),
});
export const mediaType = 'application/x-tar';

export type ExportInput = z.infer<typeof input>;
