import { z } from 'zod';

/** A file, directory or other item of a tree. */
export const entry = z.strictObject({
  path: z.string(),
  path_b64: z.base64().optional(),
  type: z.enum(['file', 'directory', 'symlink', 'fifo', 'char_device', 'block_device', 'socket', 'records']),
  /** Octal, four digits. */
  mode: z.string().regex(/^[0-7]{4}$/),
  uid: z.int(),
  gid: z.int(),
  user: z.string().optional(),
  group: z.string().optional(),
  /** Of files only. */
  size: z.int().optional(),
  /** Of files of records: how many are in it. */
  records: z.int().optional(),
  /** ISO 8601 to the nanosecond. Not checked as a time: file systems have years that ISO 8601 has no four digits for. */
  mtime: z.string(),
  /** Of symbolic links only. */
  target: z.string().optional(),
  target_b64: z.base64().optional(),
  /** Of devices only. */
  major: z.int().optional(),
  minor: z.int().optional(),
  /** Could not be read that time; this is its last known state. */
  stale: z.boolean().optional(),
  /** Could never be read. */
  unread: z.boolean().optional(),
});

export type EntryItem = z.infer<typeof entry>;
