import { type BackupReport, backup, checkSources } from '../../backup/index.js';
import { BitacoraError, isBitacoraError, isoTime, pathFields } from '../../base/index.js';
import { type CodecName, codecLevels } from '../../codec/index.js';
import { formatUuid } from '../../snapshot/index.js';
import type { UserRepository, Vault } from '../../vault/index.js';
import type { BackupAnswer, BackupInput } from '../contract/backup.js';
import { openKnownUser } from '../known-user.js';
import type { OperationContext } from '../operation.js';

/** Takes a snapshot of paths. An unknown user is made. */
export async function backUp(context: OperationContext, input: BackupInput): Promise<BackupAnswer> {
  const { vault, clock, random, logger, signal, progress } = context;
  const { paths = [], dry_run: dryRun = false } = input;
  const { codec, level } = compression(context, input);
  // Looked at before anything is made, so that a mistyped path makes no user.
  checkSources(paths, vault.path);
  const { repository, created } = await openUser(context, input.user_id, dryRun);
  const report = await backup({
    repository,
    vaultPath: vault.path,
    // The newest tree is read here, in step with the walk.
    engine: await context.engine(),
    paths,
    kind: input.type,
    reason: input.reason,
    exclude: input.exclude,
    oneFileSystem: input.one_file_system,
    includeCaches: input.include_caches,
    maxFileBytes: input.max_file_bytes,
    force: input.force,
    dryRun,
    codec,
    level,
    signal,
    progress,
    clock,
    random,
    logger,
  });
  return answer(input, created, report);
}

/** What the call says, else the configuration; its level is meant for its own codec. */
function compression(
  { settings }: OperationContext,
  input: BackupInput,
): { readonly codec: CodecName; readonly level: number | undefined } {
  const codec = input.codec ?? settings.codec;
  const level = input.level ?? (codec === settings.codec ? settings.level : undefined);
  const { min, max } = codecLevels(codec);
  if (level === undefined || (level >= min && level <= max)) return { codec, level };
  throw new BitacoraError('USAGE', `The level of ${codec} is a whole number from ${min} to ${max}, not ${level}.`);
}

async function openUser(
  context: OperationContext,
  user: string,
  dryRun: boolean,
): Promise<{ repository: UserRepository; created: boolean }> {
  const { vault } = context;
  if (dryRun) await refuseUnknown(vault, user);
  // Said before the source is read, not at the first object that cannot be stored.
  else vault.checkWritable();
  const created = dryRun ? false : (await vault.ensureUser(user)).created;
  return { repository: await openKnownUser(context, user), created };
}

async function refuseUnknown(vault: Vault, user: string): Promise<void> {
  try {
    await vault.findUser(user);
  } catch (error) {
    if (!isBitacoraError(error, 'UNKNOWN_USER')) throw error;
    const message = `There is no user "${user}" yet, and a dry run makes none. Leave out --dry-run to create it.`;
    throw new BitacoraError('UNKNOWN_USER', message, { details: { user } });
  }
}

function answer(input: BackupInput, created: boolean, report: BackupReport): BackupAnswer {
  const { counts, failures } = report;
  return {
    backup_id: report.backupId ? formatUuid(report.backupId) : null,
    user_id: input.user_id,
    user_created: created,
    session_id: null,
    timestamp: isoTime(report.time),
    backup_type: input.type,
    status: report.status,
    dry_run: input.dry_run ?? false,
    captured: report.scopes.map(({ scope }) => scope),
    failures: failures.items.map(({ path, code, message }) => ({ ...pathFields('path', path), code, message })),
    failure_count: failures.count,
    parent_id: report.parent ? formatUuid(report.parent) : null,
    files: {
      total: counts.files,
      new: counts.filesNew,
      changed: counts.filesChanged,
      unchanged: counts.filesUnchanged,
      unread: counts.filesUnread,
    },
    directories: counts.directories,
    others: counts.others,
    excluded: counts.excluded,
    size_uncompressed: counts.bytes,
    bytes_read: counts.bytesRead,
    bytes_new: counts.bytesNew,
    bytes_added: counts.bytesAdded,
    packs_added: report.packs,
    duration_ms: Math.round(report.durationMs),
  };
}
