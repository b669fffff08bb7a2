import { type BackupReport, backup, checkSources } from '../../backup/index.js';
import { BitacoraError, isBitacoraError, isoTime, pathFields, printable } from '../../base/index.js';
import { type CodecName, codecLevels, loadCodecs } from '../../codec/index.js';
import { createEngine } from '../../engine/index.js';
import { formatUuid } from '../../snapshot/index.js';
import type { UserRepository, Vault } from '../../vault/index.js';
import { type CommandContext, EXIT } from '../context.js';
import { problemText, sayProblems } from '../failures.js';
import type { Output } from '../output.js';
import { parseSize, parseThreads, parseWhole } from '../parse-number.js';
import { countOf, formatBytes, formatDuration, formatSaving } from '../units.js';
import { openKnownUser, withVault } from '../vault-session.js';

export interface BackupFlags {
  readonly path?: readonly string[];
  readonly kind: 'manual' | 'critical';
  readonly exclude?: readonly string[];
  readonly oneFileSystem?: boolean;
  readonly includeCaches?: boolean;
  readonly maxFileSize?: string;
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly codec: CodecName;
  readonly level?: string;
  readonly threads?: string;
  readonly reason?: string;
}

/** `bitacora backup USER --path DIR…` */
export async function runBackup(context: CommandContext, user: string, flags: BackupFlags): Promise<number> {
  const { output, clock, random, logger, signal, progress } = context;
  const numbers = readNumbers(flags);
  const paths = flags.path ?? [];
  return withVault(context, async (vault) => {
    // Looked at before anything is made, so that a mistyped path makes no user.
    checkSources(paths, vault.path);
    const { repository, created } = await openUser(context, vault, user, flags.dryRun ?? false);
    if (created) output.note(`Created the user "${user}".`);
    // The newest tree is read here, in step with the walk.
    await loadCodecs();
    const engine = await createEngine(numbers.threads === undefined ? {} : { threads: numbers.threads });
    let report: BackupReport;
    try {
      report = await backup({
        repository,
        vaultPath: vault.path,
        engine,
        paths,
        kind: flags.kind,
        reason: flags.reason,
        exclude: flags.exclude,
        oneFileSystem: flags.oneFileSystem,
        includeCaches: flags.includeCaches,
        maxFileBytes: numbers.maxFileBytes,
        force: flags.force,
        dryRun: flags.dryRun,
        codec: flags.codec,
        level: numbers.level,
        signal,
        progress: progress.sink,
        clock,
        random,
        logger,
      });
    } finally {
      await engine.close();
    }
    progress.clear();
    if (output.json) output.document(backupDocument(user, created, flags, report));
    else sayReport(output, user, report);
    return report.status === 'partial' ? EXIT.partial : EXIT.ok;
  });
}

function readNumbers(flags: BackupFlags): { threads?: number; level?: number; maxFileBytes?: number } {
  const { min, max } = codecLevels(flags.codec);
  return {
    ...(flags.threads === undefined ? {} : { threads: parseThreads(flags.threads) }),
    ...(flags.level === undefined ? {} : { level: parseWhole(flags.level, `--level of ${flags.codec}`, min, max) }),
    ...(flags.maxFileSize === undefined ? {} : { maxFileBytes: parseSize(flags.maxFileSize) }),
  };
}

async function openUser(
  context: CommandContext,
  vault: Vault,
  user: string,
  dryRun: boolean,
): Promise<{ repository: UserRepository; created: boolean }> {
  if (dryRun) await refuseUnknown(vault, user);
  // Said before the source is read, not at the first object that cannot be stored.
  else vault.checkWritable();
  const created = dryRun ? false : (await vault.ensureUser(user)).created;
  return { repository: await openKnownUser(context, vault, user), created };
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

/** The answer with `--json`. */
export function backupDocument(
  user: string,
  created: boolean,
  flags: Pick<BackupFlags, 'kind' | 'dryRun'>,
  report: BackupReport,
): Record<string, unknown> {
  const { counts, failures } = report;
  return {
    backup_id: report.backupId ? formatUuid(report.backupId) : null,
    user_id: user,
    user_created: created,
    session_id: null,
    timestamp: isoTime(report.time),
    backup_type: flags.kind,
    status: report.status,
    dry_run: flags.dryRun ?? false,
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

function sayReport(output: Output, user: string, report: BackupReport): void {
  const { counts, failures } = report;
  const id = report.backupId ? `Snapshot ${formatUuid(report.backupId)}` : 'Dry run, nothing stored';
  output.note(`${id} of ${user}: ${report.status} in ${formatDuration(report.durationMs)}`);
  for (const { scope } of report.scopes) output.note(`  captured  ${scope}`);
  const kinds = [
    [counts.filesNew, 'new'],
    [counts.filesChanged, 'changed'],
    [counts.filesUnchanged, 'unchanged'],
    [counts.filesUnread, 'unread'],
  ] as const;
  const parts = kinds.filter(([count]) => count > 0).map(([count, name]) => `${countOf(count, name, name)}`);
  const left = counts.excluded > 0 ? `; ${countOf(counts.excluded, 'item')} excluded` : '';
  output.note(`  files     ${countOf(counts.files, 'file')}${parts.length > 0 ? `: ${parts.join(', ')}` : ''}${left}`);
  output.note(`  bytes     ${formatBytes(counts.bytes)} in all, ${formatBytes(counts.bytesRead)} read`);
  if (report.backupId) {
    const saving = formatSaving(counts.bytesAdded, counts.bytesRead);
    output.note(`  stored    ${formatBytes(counts.bytesAdded)} added${saving ? `, ${saving} than what was read` : ''}`);
  }
  if (failures.count === 0) return;
  const messages = failures.items.map(({ path, message }) => problemText(printable(path), message));
  sayProblems(output, failures.count, messages, 'item');
  const what = failures.count === 1 ? 'One item' : countOf(failures.count, 'item');
  output.message(`${what} could not be read; the rest is safe. Make them readable and back up again.`);
}
