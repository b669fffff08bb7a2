import { z } from 'zod';
import { MEDIA } from '../protocol.js';
import { selector, userId } from './common.js';
import { wishes } from './wishes.js';

export const input = z.strictObject({ user_id: userId, ...selector, format: z.enum(['tar', 'json']), ...wishes });
export const mediaTypes = [MEDIA.tar, MEDIA.json];

export type ExportInput = z.infer<typeof input>;
