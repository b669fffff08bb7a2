import { z } from 'zod';
import { absolutePath, patterns, time, userId } from './common.js';

/** What a user's snapshots are taken from. Commands are configured, never sent. */
export const source = z.strictObject({
  kind: z.literal('path'),
  path: absolutePath,
  /** Whether it is captured behind the end of each session, too. */
  at_session_end: z.boolean().optional(),
});
export const sources = z.array(source).max(10_000);

/** A user as the vault's registry has it. */
export const userFields = {
  user_id: userId,
  /** Its random name inside the vault. */
  uid: z.string(),
  created: time,
  sources: z.array(
    z.strictObject({
      kind: z.literal('path'),
      path: z.string(),
      path_b64: z.base64().optional(),
      at_session_end: z.boolean(),
    }),
  ),
  exclude: z.array(z.string()),
  /** Its own limit of what may be stored, 0 for none at all; null: as the configuration has it. */
  quota_bytes: z.int().nullable(),
};
export const user = z.strictObject(userFields);

/** 0: no limit; null: as the configuration has it. */
const quota = z.int().min(0).nullable();

export const addInput = z.strictObject({
  user_id: userId,
  sources: sources.optional(),
  exclude: patterns.optional(),
  quota_bytes: quota.optional(),
});

/** Lists that are given replace those there are; then `remove_…` takes away and `add_…` adds. */
export const setInput = z.strictObject({
  user_id: userId,
  sources: sources.optional(),
  add_sources: sources.optional(),
  remove_sources: sources.optional(),
  exclude: patterns.optional(),
  add_exclude: patterns.optional(),
  remove_exclude: patterns.optional(),
  quota_bytes: quota.optional(),
});

export type SourceDocument = z.infer<typeof source>;
export type UserDocument = z.infer<typeof user>;
export type AddUserInput = z.infer<typeof addInput>;
export type SetUserInput = z.infer<typeof setInput>;
