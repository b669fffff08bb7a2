import { backup, checkSources } from '../../backup/index.js';
import { BitacoraError, isBitacoraError } from '../../base/index.js';
import { type CodecName, codecLevels } from '../../codec/index.js';
import type { RegistryRecord } from '../../format/index.js';
import type { UserRepository, Vault } from '../../vault/index.js';
import { backupAnswer, earlierAnswer } from '../backup-answer.js';
import { type BackupSources, backupSources } from '../backup-sources.js';
import type { BackupAnswer, BackupInput } from '../contract/backup.js';
import { findDoneJob } from '../done-job.js';
import { betweenHooks } from '../hooks.js';
import { openKnownUser } from '../known-user.js';
import type { OperationContext } from '../operation.js';

/**
 * Takes a snapshot of the paths and the stream that the call names, or of what is configured for the user, between the configured
 * hooks. An unknown user is made. Run again as the same job, it finds its snapshot and makes none.
 */
export async function backUp(context: OperationContext, input: BackupInput): Promise<BackupAnswer> {
  const { settings, vault, logger, jobId } = context;
  if (!settings.enabled) {
    throw new BitacoraError('DISABLED', 'Backups are turned off: the configuration says `[backup] enabled = false`.');
  }
  const record = await recordOf(vault, input.user_id);
  if (record && jobId !== undefined) {
    const done = await findDoneJob(await openKnownUser(context, input.user_id), jobId);
    if (done) return earlierAnswer(input.user_id, done);
  }
  const sources = backupSources(context, input, record);
  const warnings: string[] = [];
  const warn = (message: string): void => {
    warnings.push(message);
    logger.warn(message, { user: input.user_id });
  };
  const work = () => takeSnapshot(context, input, sources);
  const answer = input.dry_run ? await work() : await betweenHooks(context, input.user_id, warn, work);
  return { ...answer, warnings: [...answer.warnings, ...warnings] };
}

async function takeSnapshot(
  context: OperationContext,
  input: BackupInput,
  { paths, streams, exclude }: BackupSources,
): Promise<BackupAnswer> {
  const { vault, clock, random, logger, signal, progress } = context;
  const { dry_run: dryRun = false, one_file_system: oneFileSystem } = input;
  const { codec, level } = compression(context, input);
  // Looked at before anything is made, so that a mistyped path makes no user.
  checkSources(paths, vault.path, { streams, oneFileSystem });
  const { repository, created } = await openUser(context, input.user_id, dryRun);
  const report = await backup({
    repository,
    vaultPath: vault.path,
    // The newest tree is read here, in step with the walk.
    engine: await context.engine(),
    paths,
    streams,
    kind: input.type,
    reason: input.reason,
    job: context.jobId,
    exclude,
    oneFileSystem,
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
  return backupAnswer(input, created, report);
}

async function recordOf(vault: Vault, user: string): Promise<RegistryRecord | undefined> {
  try {
    return await vault.findUser(user);
  } catch (error) {
    if (isBitacoraError(error, 'UNKNOWN_USER')) return undefined;
    throw error;
  }
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
