import { z } from 'zod';
import { errorItem, time, userId } from './common.js';

export const input = z.strictObject({
  user_id: userId.optional(),
  dry_run: z.boolean().optional(),
  /** How long what was put aside is kept; left out, 7 days. */
  grace_days: z.number().min(0).max(3650).optional(),
  /** Bytes that are wanted at once: as much of what is put aside goes before its grace, the oldest first. */
  free_bytes: z.int().min(0).optional(),
  /** Lets more than a fifth of what is stored go at once. */
  allow_large: z.boolean().optional(),
});

const packs = z.strictObject({ packs: z.int(), bytes: z.int() });

export const answer = z.strictObject({
  /** `held`: of some user more would go at once than goes without being asked for; `stopped`: of some it could not be told what is needed. */
  status: z.enum(['done', 'held', 'stopped']),
  dry_run: z.boolean(),
  users: z.array(
    z.strictObject({
      user_id: userId,
      status: z.enum(['done', 'held', 'stopped']),
      problem: errorItem.nullable(),
      /** What was found amiss and put right. */
      warnings: z.array(z.string()),
      /** Packs that snapshots may need, when it began. */
      before: packs,
      /** Forgotten snapshots that are given up; `bytes`, of a dry run, is about what goes with each. */
      snapshots: z.array(z.strictObject({ backup_id: z.string(), timestamp: time, bytes: z.int().nullable() })),
      /** Packs of which nothing is needed. */
      dead: packs,
      /** Packs of which something is needed, that is stored again elsewhere. */
      rewritten: packs,
      added: packs,
      /** Packs that wait for somebody who may still read them. */
      waiting: z.int(),
      put_aside: packs,
      purged: packs,
      /** What is aside at the end: still stored, gone after the grace. */
      aside: packs,
    }),
  ),
  duration_ms: z.int(),
});

export type PruneInput = z.infer<typeof input>;
export type PruneAnswer = z.infer<typeof answer>;
