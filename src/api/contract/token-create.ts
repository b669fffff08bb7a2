import { z } from 'zod';
import { time } from './common.js';
import { scope, tokenFields, tokenLabel, users } from './token.js';

export const input = z.strictObject({
  name: tokenLabel,
  /** `["*"]` for all. */
  users,
  scopes: z.array(scope).min(1).max(16),
  expires: time.optional(),
});
/** The one time that it is shown. */
export const answer = z.strictObject({ ...tokenFields, token: z.string() });

export type CreateTokenInput = z.infer<typeof input>;
export type CreateTokenAnswer = z.infer<typeof answer>;
