import { z } from 'zod';
import { token } from './token.js';

/** Its id or its name. */
export const input = z.strictObject({ token_id: z.string().min(1).max(128) });
/** As it was. */
export const answer = token;

export type RevokeTokenInput = z.infer<typeof input>;
