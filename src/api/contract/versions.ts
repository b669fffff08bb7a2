import { z } from 'zod';
import { pattern, time, userId } from './common.js';
import { entry } from './entry.js';

export const input = z.strictObject({ user_id: userId, pattern });
export const head = z.strictObject({
  user_id: userId,
  pattern: z.string(),
  /** How many snapshots were searched. */
  snapshots: z.int(),
});

/** What a path was as long as its type, size, time of modification and content stayed the same. */
const version = z.strictObject({
  size: z.int().optional(),
  mtime: entry.shape.mtime,
  first: z.string(),
  first_time: time,
  last: z.string(),
  last_time: time,
  /** How many snapshots hold it; those between first and last may hold another. */
  snapshots: z.int(),
});

export const item = z.strictObject({
  path: entry.shape.path,
  path_b64: entry.shape.path_b64,
  type: entry.shape.type,
  scope: z.string(),
  /** The newest first. */
  versions: z.array(version),
});
export const member = 'paths';

export type VersionsInput = z.infer<typeof input>;
export type VersionsHead = z.infer<typeof head>;
export type VersionsItem = z.infer<typeof item>;
