import { z } from 'zod';
import { token } from './token.js';

export const input = z.strictObject({});
export const answer = z.strictObject({ tokens: z.array(token) });

export type TokenListAnswer = z.infer<typeof answer>;
