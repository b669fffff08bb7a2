import { z } from 'zod';
import { time } from './common.js';

/** Why something is kept; docs/operations.md says what each means. */
export const rule = z.enum([
  'recent',
  'daily',
  'weekly',
  'monthly',
  'manual',
  'critical',
  'newest',
  'pinned',
  'taken_back',
  'end',
  'future',
  'out_of_order',
]);

export const reason = z.strictObject({
  rule,
  /** Null where no time ends it. */
  until: time.nullable(),
  /** Whether it still keeps. */
  holds: z.boolean(),
});

/** How long a snapshot is kept, as far as that can be told today. */
export const keeping = {
  /** Rules that keep it, the longest first. */
  kept_by: z.array(rule),
  /** Null where no time ends it, and where nothing keeps it. */
  kept_until: time.nullable(),
};
