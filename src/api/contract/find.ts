import { z } from 'zod';
import { pattern, selection, selector, userId } from './common.js';
import { entry } from './entry.js';

export const input = z.strictObject({ user_id: userId, ...selector, pattern });
export const head = z.strictObject({ user_id: userId, pattern: z.string(), ...selection });
export const item = entry;
export const member = 'entries';

export type FindInput = z.infer<typeof input>;
export type FindHead = z.infer<typeof head>;
