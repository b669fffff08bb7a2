import type { ConfiguredSource, HookSettings, ScheduleSettings, Settings } from '../../api/index.js';
import type { Config } from './schema.js';

const COMMAND_TIMEOUT_MS = 3_600_000;
const GIGABYTE = 1e9;
const MISSING_COPY =
  'The second copy in S3 is configured ([backup.storage] secondary = "s3") and is not made: this version writes to the local vault only.';

/** What the configuration says to operations. */
export function settingsOf(config: Config): Settings {
  const { api, backup, hooks, limits, records, restore, schedule, scrub, source } = config;
  const command = (argv: readonly string[] | undefined, timeoutMs: number): HookSettings | undefined =>
    argv && { argv, timeoutMs };
  const bytes = (gigabytes: number | undefined): number | undefined =>
    gigabytes === undefined ? undefined : Math.floor(gigabytes * GIGABYTE);
  return {
    enabled: backup.enabled,
    autoBackupOnSessionEnd: backup.auto_backup_on_session_end,
    codec: backup.compression,
    level: backup.compression_level,
    timezone: backup.timezone,
    exclude: backup.exclude,
    sources: source.map(sourceOf),
    hooks: { before: command(hooks.before, hooks.timeout), after: command(hooks.after, hooks.timeout) },
    retention: retentionOf(backup.retention),
    space: {
      vaultBytesMax: bytes(backup.storage.local.max_size_gb),
      userBytesMax: bytes(limits.user_quota_gb),
      warningShare: limits.quota_warning,
    },
    records: { userWide: records.user_wide, pull: command(records.pull_command, records.pull_timeout) },
    schedule: schedule.map(scheduleOf),
    scrub: scrub && { enabled: scrub.enabled, everyMs: scrub.every, share: scrub.share },
    access: { hosts: api.hosts, peers: api.peer, allowedTargets: restore.allowed_targets },
    missingCopy: backup.storage.secondary === 's3' ? MISSING_COPY : undefined,
  };
}

function retentionOf(table: Config['backup']['retention']): Settings['retention'] {
  return (
    table && {
      sessionDays: table.session_backups_days,
      dailyDays: table.daily_backups_days,
      weeklyDays: table.weekly_backups_days,
      monthlyDays: table.monthly_backups_days,
      manualDays: table.manual_backups_days,
      criticalDays: table.critical_backups_days,
    }
  );
}

function scheduleOf({ users, cron, every, kind, jitter, run_missed }: Config['schedule'][number]): ScheduleSettings {
  return { users, cron, everyMs: every, kind, jitterMs: jitter ?? 0, runMissed: run_missed };
}

function sourceOf(row: Config['source'][number]): ConfiguredSource {
  const common = { user: row.user, exclude: row.exclude, atSessionEnd: row.at_session_end };
  if (row.path !== undefined) return { ...common, kind: 'path', path: row.path };
  return {
    ...common,
    kind: 'command',
    name: row.name!,
    argv: row.command!,
    timeoutMs: row.timeout ?? COMMAND_TIMEOUT_MS,
  };
}
