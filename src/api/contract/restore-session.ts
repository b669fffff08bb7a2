import { z } from 'zod';
import { sessionId } from './common.js';
import { input as restore } from './restore.js';

const { user_id, at, target, format, overwrite, verify } = restore.shape;

/** Without a target the session's records are the answer. */
export const input = z.strictObject({ user_id, session_id: sessionId, at, target, format, overwrite, verify });
export { answer } from './restore.js';

export type RestoreSessionInput = z.infer<typeof input>;
