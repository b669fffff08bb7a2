import { z } from 'zod';
import * as value from './values.js';

const retention = z.strictObject({
  session_backups_days: value.whole(1, 36_500).optional(),
  daily_backups_days: value.whole(1, 36_500).optional(),
  weekly_backups_days: value.whole(1, 36_500).optional(),
  monthly_backups_days: value.whole(1, 36_500).optional(),
});

const local = z.strictObject({
  path: value.path().optional(),
  max_size_gb: z
    .number({ error: 'a number of gigabytes above 0' })
    .positive({ error: 'a number of gigabytes above 0' })
    .optional(),
});

const s3 = z.strictObject({
  bucket: value.text('the name of a bucket'),
  region: value.text('a region such as "eu-west-1"').optional(),
  endpoint: z.url({ protocol: /^https?$/, error: 'a URL such as "https://s3.example.org"' }).optional(),
  prefix: z.string({ error: 'a text that names begin with' }).optional(),
  force_path_style: value.flag().optional(),
});

const storage = z.strictObject({
  primary: value.oneOf(['local']).default('local'),
  secondary: value.oneOf(['s3', 'none']).default('none'),
  local: local.prefault({}),
  s3: s3.optional(),
});

const backup = z.strictObject({
  enabled: value.flag().default(true),
  auto_backup_on_session_end: value.flag().default(true),
  compression: value.oneOf(['zstd', 'lz4', 'gzip', 'none']).default('zstd'),
  compression_level: value.whole(1, 19).optional(),
  encryption: z
    .literal(true, { error: 'true: there is no vault without encryption, and no setting that turns it off' })
    .default(true),
  exclude: value.listOf(value.text('a pattern, as in a .gitignore'), 'a list of patterns').default([]),
  timezone: value.timezone().optional(),
  workers: value.whole(0, 64).optional(),
  retention: retention.optional(),
  storage: storage.prefault({}),
});

const peer = z.strictObject({
  uid: value.whole(0, 4_294_967_294),
  users: value.listOf(value.userName(), 'a list of user ids'),
  scopes: value.listOf(value.oneOf(['backup', 'restore', 'list', 'admin']), 'a list of scopes'),
});

const api = z.strictObject({
  listen: z
    .string({ error: 'an address and a port such as "127.0.0.1:8080"' })
    .regex(/^(\[[0-9a-fA-F:.]+\]|[0-9A-Za-z.-]+):[0-9]{1,5}$/, {
      error: 'an address and a port such as "127.0.0.1:8080"',
    })
    .optional(),
  socket: z
    .strictObject({ path: value.path().optional(), group: value.text('the name of a group').optional() })
    .prefault({}),
  peer: value.listOf(peer, 'tables [[api.peer]]').default([]),
});

const schedule = z
  .strictObject({
    users: value.listOf(value.userName().or(z.literal('*')), 'a list of user ids, or ["*"]'),
    cron: value.text('a cron expression such as "0 3 * * *"').optional(),
    every: value.duration().optional(),
    kind: value.oneOf(['periodic', 'manual', 'critical']).default('periodic'),
  })
  .refine((row) => (row.cron === undefined) !== (row.every === undefined), { error: 'either cron or every' });

const source = z
  .strictObject({
    user: value.userName(),
    path: value.path().optional(),
    name: value.text('a name for what the command prints').optional(),
    command: value.argv().optional(),
    timeout: value.duration().optional(),
    exclude: value.listOf(value.text('a pattern, as in a .gitignore'), 'a list of patterns').default([]),
    at_session_end: value.flag().default(false),
  })
  .refine((row) => (row.path === undefined) !== (row.command === undefined), { error: 'either path or command' })
  .refine((row) => row.command === undefined || row.name !== undefined, { error: 'a name beside command' })
  .refine((row) => row.command !== undefined || (row.name === undefined && row.timeout === undefined), {
    error: 'name and timeout only beside command',
  });

const hooks = z.strictObject({
  before: value.argv().optional(),
  after: value.argv().optional(),
  timeout: value.duration().default(300_000),
});

/** The whole file, every name that there is and no other. Times are milliseconds and shares parts of one once parsed. */
export const configSchema = z.strictObject({
  backup: backup.prefault({}),
  api: api.prefault({}),
  records: z
    .strictObject({
      user_wide: value.listOf(value.text('the name of a collection'), 'a list of names').optional(),
      pull_command: value.argv().optional(),
    })
    .optional(),
  schedule: value.listOf(schedule, 'tables [[schedule]]').default([]),
  source: value.listOf(source, 'tables [[source]]').default([]),
  restore: z.strictObject({ allowed_targets: value.listOf(value.path(), 'a list of paths').optional() }).optional(),
  hooks: hooks.prefault({}),
  keys: z.strictObject({ file: value.path().optional() }).prefault({}),
  scrub: z.strictObject({ every: value.duration().optional(), share: value.share().optional() }).optional(),
  alerts: z.strictObject({ command: value.argv().optional() }).optional(),
  limits: z
    .strictObject({
      writers: value.whole(1, 64).default(2),
      readers: value.whole(1, 64).default(4),
      grace: value.duration().default(30_000),
    })
    .prefault({}),
  log: z.strictObject({ level: value.oneOf(['debug', 'info', 'warn', 'error']).default('info') }).prefault({}),
});

export type Config = z.output<typeof configSchema>;
