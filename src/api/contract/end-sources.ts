import { z } from 'zod';
import { sessionId, userId } from './common.js';

export const input = z.strictObject({ session_id: sessionId, user_id: userId });
export { answer } from './backup.js';

export type EndSourcesInput = z.infer<typeof input>;
