import { z } from 'zod';
import { errorItem } from './common.js';
import { user } from './user.js';

export const input = z.strictObject({});

/** `damaged`: records that cannot be read, one error each. */
export const answer = z.strictObject({ users: z.array(user), damaged: z.array(errorItem) });

export type UserListAnswer = z.infer<typeof answer>;
