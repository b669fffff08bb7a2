import { type BackupReport, backup, checkSources, type RecordSource } from '../backup/index.js';
import { BitacoraError, isBitacoraError } from '../base/index.js';
import { type CodecName, codecLevels } from '../codec/index.js';
import type { RegistryRecord, SnapshotKind } from '../format/index.js';
import type { UserRepository, Vault } from '../vault/index.js';
import type { BackupSources } from './backup-sources.js';
import { openKnownUser } from './known-user.js';
import type { OperationContext } from './operation.js';
import { retainAfter } from './retain-after.js';
import { checkRoom } from './room.js';

/** What a snapshot is to be. */
export interface SnapshotWish {
  readonly user: string;
  readonly kind: SnapshotKind;
  readonly session?: string | undefined;
  readonly reason?: string | undefined;
  readonly sources: BackupSources;
  readonly records?: RecordSource | undefined;
  readonly idempotency?: (() => string) | undefined;
  readonly oneFileSystem?: boolean | undefined;
  readonly includeCaches?: boolean | undefined;
  readonly maxFileBytes?: number | undefined;
  readonly force?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
  readonly codec?: CodecName | undefined;
  readonly level?: number | undefined;
}

export interface TakenSnapshot {
  readonly created: boolean;
  readonly report: BackupReport;
  /** Beside those of the report. */
  readonly warnings: readonly string[];
}

/** Takes a snapshot, makes the user if there is none, and lets retention decide. Throws what `backup` throws. */
export async function takeSnapshot(context: OperationContext, wish: SnapshotWish): Promise<TakenSnapshot> {
  const { vault, clock, random, logger, signal, progress } = context;
  const { sources, records, dryRun = false, oneFileSystem, session, reason, kind, idempotency } = wish;
  const { paths, streams, exclude } = sources;
  const { codec, level } = compression(context, wish);
  // Looked at before anything is made, so that a mistyped path makes no user.
  checkSources(paths, vault.path, { streams, records, oneFileSystem });
  const { repository, created } = await openForBackup(context, wish.user, dryRun);
  const near = dryRun ? [] : await checkRoom(context, repository);
  const report = await backup({
    repository,
    vaultPath: vault.path,
    // The newest tree is read here, in step with the walk.
    engine: await context.engine(),
    paths,
    streams,
    records,
    kind,
    session,
    reason,
    job: context.jobId,
    idempotency,
    exclude,
    oneFileSystem,
    includeCaches: wish.includeCaches,
    maxFileBytes: wish.maxFileBytes,
    force: wish.force,
    dryRun,
    codec,
    level,
    signal,
    progress,
    clock,
    random,
    logger,
  });
  const { warnings } = dryRun ? { warnings: [] } : await retainAfter(context, repository);
  return { created, report, warnings: [...near, ...warnings] };
}

/** What the vault has of a user; undefined where there is none. */
export async function recordOf(vault: Vault, user: string): Promise<RegistryRecord | undefined> {
  try {
    return await vault.findUser(user);
  } catch (error) {
    if (isBitacoraError(error, 'UNKNOWN_USER')) return undefined;
    throw error;
  }
}

/** Throws `DISABLED` where the configuration turns backups off. */
export function checkEnabled({ settings }: Pick<OperationContext, 'settings'>): void {
  if (settings.enabled) return;
  throw new BitacoraError('DISABLED', 'Backups are turned off: the configuration says `[backup] enabled = false`.');
}

/** Opens a user that is written to, made if there is none. A dry run makes none and throws `UNKNOWN_USER`. */
export async function openForBackup(
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

/** What the call says, else the configuration; its level is meant for its own codec. */
function compression(
  { settings }: OperationContext,
  wish: SnapshotWish,
): { readonly codec: CodecName; readonly level: number | undefined } {
  const codec = wish.codec ?? settings.codec;
  const level = wish.level ?? (codec === settings.codec ? settings.level : undefined);
  const { min, max } = codecLevels(codec);
  if (level === undefined || (level >= min && level <= max)) return { codec, level };
  throw new BitacoraError('USAGE', `The level of ${codec} is a whole number from ${min} to ${max}, not ${level}.`);
}

async function refuseUnknown(vault: Vault, user: string): Promise<void> {
  if (await recordOf(vault, user)) return;
  const message = `There is no user "${user}" yet, and a dry run makes none. Leave out --dry-run to create it.`;
  throw new BitacoraError('UNKNOWN_USER', message, { details: { user } });
}
