import { z } from 'zod';
import { errorItem, time, userId } from './common.js';
import { job } from './job.js';
import { brief } from './user-show.js';

export const input = z.strictObject({});

export const answer = z.strictObject({
  vault: z.strictObject({
    path: z.string(),
    vault_id: z.string(),
    read_only: z.boolean(),
    /** Of the file system that it is on; null where that cannot be told. */
    free_bytes: z.int().nullable(),
    total_bytes: z.int().nullable(),
  }),
  /** Null where no daemon was asked: the vault was free. */
  daemon: z
    .strictObject({
      pid: z.int(),
      started: time,
      socket: z.string(),
      config_file: z.string().nullable(),
      /** Without their results. */
      running: z.array(job),
      queued: z.int(),
      /** The timetable. */
      schedule: z.array(
        z.strictObject({
          users: z.array(z.string()),
          kind: z.enum(['periodic', 'manual', 'critical']),
          cron: z.string().nullable(),
          every_ms: z.int().nullable(),
          /** When it runs next; null while that is being found out. */
          next: time.nullable(),
        }),
      ),
    })
    .nullable(),
  /** How many there are. */
  user_count: z.int(),
  /** Up to 1,000 of them, by name; `GET /api/users/:user_id` and `GET /metrics` know the others. */
  users: z.array(
    z.strictObject({
      user_id: userId,
      snapshots: z.int(),
      last_success: brief.nullable(),
      /** Since then; null where there was none. */
      last_success_age_ms: z.int().nullable(),
      last_snapshot: brief.nullable(),
      /** Bytes of all that is stored of the user. */
      stored_bytes: z.int(),
      /** When log, keys and trees were last gone through, and how much was found; null where that is not known. */
      last_check: z.strictObject({ time, findings: z.int() }).nullable(),
      problems: z.array(errorItem),
    }),
  ),
  /** The last run of what is done for the whole vault, whoever ran it; of those of which nothing is known there is none. */
  rounds: z.array(
    z.strictObject({
      operation: z.enum(['retain-all', 'prune', 'scrub']),
      started: time,
      ended: time,
      /** A word of the operation's own answer, or `failed`. */
      outcome: z.string(),
      /** When one ended that did not fail. */
      last_done: time.nullable(),
    }),
  ),
  /** Of the vault as a whole. */
  problems: z.array(errorItem),
  /** What the operator should know besides, such as settings that do nothing yet. */
  warnings: z.array(z.string()),
});

export type StatusAnswer = z.infer<typeof answer>;
