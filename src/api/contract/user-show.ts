import { z } from 'zod';
import { snapshotKind, time, userId } from './common.js';
import { userFields } from './user.js';

export const input = z.strictObject({ user_id: userId });

/** A snapshot in short. */
export const brief = z.strictObject({
  backup_id: z.uuid(),
  timestamp: time,
  backup_type: snapshotKind,
  status: z.enum(['complete', 'partial']),
});

export const answer = z.strictObject({
  ...userFields,
  /** What the configuration has for this user besides. */
  configured_sources: z.array(
    z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('path'), path: z.string() }),
      z.strictObject({ kind: z.literal('command'), name: z.string(), command: z.array(z.string()) }),
    ]),
  ),
  snapshots: z.int(),
  /** Bytes of all objects that are the user's. */
  stored_bytes: z.int(),
  /** Of these, what is put aside. */
  trash_bytes: z.int(),
  /** How much may be stored, null for as much as there is room for, and who says so. */
  quota: z.strictObject({ max_bytes: z.int().nullable(), from: z.enum(['user', 'configuration']).nullable() }),
  /** The newest snapshot that is whole. */
  last_success: brief.nullable(),
  /** The newest of all. */
  last_snapshot: brief.nullable(),
});

export type BriefSnapshot = z.infer<typeof brief>;
export type ShowUserInput = z.infer<typeof input>;
export type ShowUserAnswer = z.infer<typeof answer>;
