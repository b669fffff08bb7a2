import { z } from 'zod';
import { MEDIA } from '../protocol.js';
import { selector, userId } from './common.js';

/** Which state, as elsewhere; a snapshot may also be called `latest`. */
export const input = z.strictObject({ user_id: userId, ...selector, path: z.string().min(1).max(8191) });
export const mediaTypes = [MEDIA.bytes];

export type CatInput = z.infer<typeof input>;
