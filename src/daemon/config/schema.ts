import { z } from 'zod';
import { ACCESS_SCOPES } from '../../format/index.js';
import * as value from './values.js';

const days = () => value.whole(1, 36_500);
/** What the file leaves out of a table that it has is as operators know it. */
const retention = z.strictObject({
  session_backups_days: days().default(30),
  daily_backups_days: days().default(90),
  weekly_backups_days: days().default(365),
  monthly_backups_days: days().default(1825),
  manual_backups_days: days().optional(),
  critical_backups_days: days().optional(),
});

const local = z.strictObject({
  path: value.path().optional(),
  max_size_gb: value.gigabytes().optional(),
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
  users: value.userNames(),
  scopes: value.listOf(value.oneOf(ACCESS_SCOPES), 'a list of scopes'),
});

const api = z.strictObject({
  listen: z
    .string({ error: 'an address and a port such as "127.0.0.1:8080"' })
    .regex(/^(\[[0-9a-fA-F:.]+\]|[0-9A-Za-z.-]+):[0-9]{1,5}$/, {
      error: 'an address and a port such as "127.0.0.1:8080"',
    })
    .optional(),
  hosts: value.listOf(value.hostName(), 'a list of names of hosts').default([]),
  socket: z
    .strictObject({ path: value.path().optional(), group: value.text('the name of a group').optional() })
    .prefault({}),
  peer: value.listOf(peer, 'tables [[api.peer]]').default([]),
});

const schedule = z
  .strictObject({
    users: value.userNames(),
    cron: value.cron().optional(),
    every: value.duration().optional(),
    kind: value.oneOf(['periodic', 'manual', 'critical']).default('periodic'),
    jitter: value.duration().optional(),
    run_missed: value.flag().default(true),
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
      user_wide: value.listOf(value.text('the name of a collection'), 'a list of names').default(['user_config']),
      pull_command: value.argv().optional(),
      pull_timeout: value.duration().default(60_000),
    })
    .prefault({}),
  schedule: value.listOf(schedule, 'tables [[schedule]]').default([]),
  source: value.listOf(source, 'tables [[source]]').default([]),
  restore: z.strictObject({ allowed_targets: value.listOf(value.path(), 'a list of paths').default([]) }).prefault({}),
  hooks: hooks.prefault({}),
  keys: z.strictObject({ file: value.path().optional() }).prefault({}),
  scrub: z
    .strictObject({
      enabled: value.flag().default(true),
      every: value.duration().optional(),
      share: value.share().optional(),
    })
    .optional(),
  alerts: z.strictObject({ command: value.argv().optional() }).optional(),
  limits: z
    .strictObject({
      writers: value.whole(1, 64).default(2),
      readers: value.whole(1, 64).default(4),
      urgent: value.whole(0, 64).default(4),
      grace: value.duration().default(30_000),
      user_quota_gb: value.gigabytes().optional(),
      quota_warning: value.share().default(0.9),
    })
    .prefault({}),
  log: z.strictObject({ level: value.oneOf(['debug', 'info', 'warn', 'error']).default('info') }).prefault({}),
});

export type Config = z.output<typeof configSchema>;
