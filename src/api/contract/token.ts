import { z } from 'zod';
import { ACCESS_SCOPES } from '../../format/index.js';
import { time, userId } from './common.js';

export const scope = z.enum(ACCESS_SCOPES);

/** A token, without itself. */
export const tokenFields = {
  /** 16 hex digits: the part of it that is no secret. */
  token_id: z.string(),
  name: z.string(),
  /** `["*"]` for all. */
  users: z.array(z.string()),
  scopes: z.array(scope),
  created: time,
  /** Null: never. */
  expires: time.nullable(),
  /** To the day, once the daemon was started anew; null: never. */
  last_used: time.nullable(),
};
export const token = z.strictObject(tokenFields);

/** What people call it; the operation checks it. */
export const tokenLabel = z.string().max(1024);
export const users = z
  .array(userId.or(z.literal('*')))
  .min(1)
  .max(10_000);

export type TokenDocument = z.infer<typeof token>;
