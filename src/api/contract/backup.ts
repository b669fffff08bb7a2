import { z } from 'zod';
import {
  absolutePath,
  durability,
  durabilityLevel,
  idempotencyKey,
  patterns,
  problem,
  sessionId,
  time,
  userId,
} from './common.js';

export const input = z.strictObject({
  user_id: userId,
  type: z.enum(['manual', 'critical', 'periodic']),
  /** Of whose session the records are that come with the call. */
  session_id: sessionId.optional(),
  durability: durabilityLevel.optional(),
  idempotency_key: idempotencyKey.optional(),
  reason: z.string().max(4096).optional(),
  paths: z.array(absolutePath).max(10_000).optional(),
  /** What the bytes of the body are called. */
  stream_name: z.string().min(1).max(255).optional(),
  exclude: patterns.optional(),
  one_file_system: z.boolean().optional(),
  include_caches: z.boolean().optional(),
  max_file_bytes: z.int().min(0).optional(),
  force: z.boolean().optional(),
  dry_run: z.boolean().optional(),
  codec: z.enum(['zstd', 'lz4', 'gzip', 'none']).optional(),
  level: z.int().optional(),
});

export const answer = z.strictObject({
  backup_id: z.uuid().nullable(),
  user_id: userId,
  user_created: z.boolean(),
  session_id: z.string().nullable(),
  timestamp: time,
  backup_type: z.string(),
  status: z.enum(['complete', 'partial']),
  dry_run: z.boolean(),
  captured: z.array(z.string()),
  failures: z.array(problem),
  failure_count: z.int(),
  warnings: z.array(z.string()),
  durability,
  parent_id: z.uuid().nullable(),
  files: z.strictObject({
    total: z.int(),
    new: z.int(),
    changed: z.int(),
    unchanged: z.int(),
    unread: z.int(),
  }),
  directories: z.int(),
  others: z.int(),
  excluded: z.int(),
  size_uncompressed: z.int(),
  bytes_read: z.int(),
  bytes_new: z.int(),
  bytes_added: z.int(),
  packs_added: z.int(),
  duration_ms: z.int(),
});

export type BackupInput = z.infer<typeof input>;
export type BackupAnswer = z.infer<typeof answer>;
