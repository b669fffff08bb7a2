import { z } from 'zod';
import { time, userId } from './common.js';

export const input = z.strictObject({ user_id: userId });
export const head = z.strictObject({ user_id: userId });
export const item = z.strictObject({
  scope: z.string(),
  /** Of its newest capture. */
  backup_id: z.uuid(),
  captured: time,
  /** Since when it is no more; null while it lives. */
  ended: time.nullable(),
  files: z.int(),
  size_uncompressed: z.int(),
});
export const member = 'scopes';

export type ScopesInput = z.infer<typeof input>;
export type ScopeItem = z.infer<typeof item>;
