import { z } from 'zod';

/** ISO 8601 with a zone: nothing that depends on where the daemon runs. */
export const time = z.iso.datetime({ offset: true });
/** Only told here: the vault checks it, and says `BAD_NAME` wherever the operation runs. */
const ID_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$';
export const userId = z.string().max(1024).meta({ pattern: ID_PATTERN });
export const sessionId = userId;
export const snapshotKind = z.enum(['session_end', 'periodic', 'manual', 'critical']);

/** Where something lies on the machine that does the work: nothing that depends on where somebody stands. */
export const absolutePath = z
  .string()
  .max(4095)
  .regex(/^\/[^\0]*$/, 'Give an absolute path');
/** A pattern as in a `.gitignore`. */
export const pattern = z.string().min(1).max(4096);
export const patterns = z.array(pattern).max(10_000);

/** Members of an input that say which state of a user is meant; see `Selector`. */
export const selector = {
  latest: z.boolean().optional(),
  snapshot: z.string().max(64).optional(),
  at: time.optional(),
  session_id: sessionId.optional(),
};

/** Members of an answer that say what was selected; see `selectionFields`. */
export const selection = {
  at: time.nullable(),
  session_id: z.string().nullable(),
  folded_from: z.array(z.string()),
  folded_from_times: z.array(time),
  /** Scopes whose newest capture by then has been forgotten since; the first 1,000, and how many. */
  thinned: z.array(z.string()),
  thinned_count: z.int(),
};

/** Something that went wrong with one item. */
export const problem = z.strictObject({
  path: z.string(),
  path_b64: z.base64().optional(),
  code: z.string(),
  message: z.string(),
});

/** On how many backends a snapshot must be before it is acknowledged. */
export const durabilityLevel = z.enum(['local', 'all']);

/** Where a snapshot is. */
export const durability = z.strictObject({
  level: durabilityLevel,
  /** `s3` is null where no copy is configured. */
  reached: z.strictObject({ local: z.boolean(), s3: z.boolean().nullable() }),
});

/** Tells a repeat of a request from another one; of HTTP also the header `Idempotency-Key`. */
export const idempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, 'Give 1 to 255 printable characters without spaces');

export type DurabilityLevel = z.infer<typeof durabilityLevel>;
export type Durability = z.infer<typeof durability>;

/** An error inside of an answer. */
export const errorItem = z.strictObject({
  code: z.string(),
  message: z.string(),
  details: z.record(z.string(), z.unknown()),
});
