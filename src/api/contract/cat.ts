import { z } from 'zod';
import { userId } from './common.js';
import { state } from './diff.js';

export const input = z.strictObject({ user_id: userId, snapshot: state, path: z.string().min(1).max(8191) });
export const mediaType = 'application/octet-stream';

export type CatInput = z.infer<typeof input>;
