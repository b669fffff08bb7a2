import { z } from 'zod';
import { selector, userId } from './common.js';
import { wishes } from './wishes.js';

export const input = z.strictObject({ user_id: userId, ...selector, format: z.enum(['tar', 'json']), ...wishes });
export const mediaType = 'application/x-tar';

export type ExportInput = z.infer<typeof input>;
