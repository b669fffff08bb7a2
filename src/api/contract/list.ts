import { z } from 'zod';
import { errorItem, sessionId, snapshotKind, time, userId } from './common.js';
import { keeping } from './keeping.js';

export const input = z.strictObject({
  user_id: userId,
  session_id: sessionId.optional(),
  kind: snapshotKind.optional(),
  since: time.optional(),
  until: time.optional(),
  /** At most so many; 1,000 where it is left out. */
  limit: z.int().min(1).max(10_000).optional(),
  /** `next` of the answer before: goes on behind it. */
  cursor: z
    .string()
    .regex(/^[0-9]{1,12}-[0-9a-f]{64}$/, 'Give the "next" of an answer')
    .optional(),
  /** Also what was forgotten and is not pruned yet. */
  all: z.boolean().optional(),
});

export const summary = z.strictObject({
  backup_id: z.string(),
  user_id: userId,
  timestamp: time,
  session_id: z.string().nullable(),
  backup_type: snapshotKind,
  status: z.enum(['complete', 'partial']),
  captured: z.array(z.string()),
  ended: z.array(z.string()),
  files: z.int(),
  size_uncompressed: z.int(),
  bytes_added: z.int(),
  failure_count: z.int(),
  reason: z.string().nullable(),
  host: z.string(),
  program: z.string(),
});

const listed = summary.extend({
  pinned: z.boolean(),
  /** When it was forgotten; null unless it is. */
  forgotten: time.nullable(),
  ...keeping,
});

export const answer = z.strictObject({
  user_id: userId,
  backups: z.array(listed),
  next: z.string().nullable(),
  /** Entries of the log that are damaged or gone: snapshots that they stood for are not in the list. */
  problems: z.array(errorItem),
});

export type ListInput = z.infer<typeof input>;
export type SnapshotSummary = z.infer<typeof summary>;
export type ListedSummary = z.infer<typeof listed>;
export type ListAnswer = z.infer<typeof answer>;
