import { z } from 'zod';
import { userId } from './common.js';
import { entry } from './entry.js';

/**
 * A snapshot's id, the first 8 or more digits of one; `latest`: the newest state of every scope; `at:` and a time: the same as of then;
 * `session:` and its id: the scope of that session alone.
 */
export const state = z.string().max(192);

export const input = z.strictObject({ user_id: userId, before: state, after: state });
export const head = z.strictObject({
  user_id: userId,
  before: state,
  after: state,
  /** Scopes that only one of the two captured: nothing is said of them. */
  only_before: z.array(z.string()),
  only_after: z.array(z.string()),
});

const side = z.strictObject({ type: entry.shape.type, size: z.int().optional(), mtime: entry.shape.mtime });
export const change = z.strictObject({
  path: entry.shape.path,
  path_b64: entry.shape.path_b64,
  change: z.enum(['added', 'removed', 'changed']),
  /** In what they differ; empty for what was added or removed. */
  what: z.array(z.enum(['type', 'content', 'target', 'device', 'mode', 'owner', 'times', 'xattrs', 'unread'])),
  before: side.optional(),
  after: side.optional(),
});
export const item = change;
export const member = 'changes';

const count = z.strictObject({ items: z.int(), bytes: z.int() });
/** Bytes are those of files; of changed ones, what they have afterwards. */
export const summary = z.strictObject({ differences: z.int(), added: count, removed: count, changed: count });
export const tail = z.strictObject({ summary });

export type DiffInput = z.infer<typeof input>;
export type DiffHead = z.infer<typeof head>;
export type DiffChange = z.infer<typeof change>;
export type DiffSummary = z.infer<typeof summary>;
