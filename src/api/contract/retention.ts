import { z } from 'zod';
import { snapshotKind, time, userId } from './common.js';
import { keeping, reason } from './keeping.js';

export const input = z.strictObject({
  user_id: userId,
  /** Only says what would be done. */
  dry_run: z.boolean().optional(),
});

export const answer = z.strictObject({
  user_id: userId,
  dry_run: z.boolean(),
  /** What time it is for retention. */
  now: time,
  /** Why nothing is forgotten for now: time went from here to there, and nobody knows whether it did. */
  held: z.strictObject({ from: time, to: time, until: time }).nullable(),
  policy: z.strictObject({
    session_backups_days: z.number(),
    daily_backups_days: z.number(),
    weekly_backups_days: z.number(),
    monthly_backups_days: z.number(),
    manual_backups_days: z.number(),
    critical_backups_days: z.number(),
  }),
  /** Null: the system's. */
  timezone: z.string().nullable(),
  /** Newest first, those that were forgotten before left out. */
  snapshots: z.array(
    z.strictObject({
      backup_id: z.string(),
      /** End of its capture. */
      timestamp: time,
      backup_type: snapshotKind,
      kept: z.boolean(),
      ...keeping,
      /** What concerns it as a whole. */
      reasons: z.array(reason),
      captures: z.array(z.strictObject({ scope: z.string(), kept: z.boolean(), reasons: z.array(reason) })),
    }),
  ),
  /** Ids of those that this forgot or would forget. */
  forgotten: z.array(z.string()),
  warnings: z.array(z.string()),
});

export type RetentionInput = z.infer<typeof input>;
export type RetentionAnswer = z.infer<typeof answer>;
