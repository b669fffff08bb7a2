import { z } from 'zod';
import { selection, selector, userId } from './common.js';
import { entry } from './entry.js';

export const input = z.strictObject({ user_id: userId, ...selector, path: z.string().max(8191).optional() });
export const head = z.strictObject({ user_id: userId, path: z.string(), ...selection });
export const item = entry;
export const member = 'entries';

export type LsInput = z.infer<typeof input>;
export type LsHead = z.infer<typeof head>;
