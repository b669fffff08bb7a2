import { BitacoraError, formatTime, type ProgressSink } from '../../base/index.js';
import { loadCodecs } from '../../codec/index.js';
import { createEngine } from '../../engine/index.js';
import { decodeEntry, NodeReader, type ScopeRecord } from '../../format/index.js';
import { type Overwrite, type RestoreReport, type RestoreScope, restore } from '../../restore/index.js';
import { type CommandContext, EXIT } from '../context.js';
import { problemText, sayProblems } from '../failures.js';
import type { Output } from '../output.js';
import { parseThreads } from '../parse-number.js';
import { checkSelectors, type Selected, type SelectorFlags, select, selectionFields } from '../select.js';
import { countOf, formatBytes, formatDuration } from '../units.js';
import { openKnownUser, withVault } from '../vault-session.js';

export interface RestoreFlags extends SelectorFlags {
  readonly target?: string;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly flatten?: boolean;
  readonly overwrite?: Overwrite;
  readonly delete?: boolean;
  readonly verify?: boolean;
  readonly dryRun?: boolean;
  readonly threads?: string;
}

/** `bitacora restore USER --target DIR` */
export async function runRestore(context: CommandContext, user: string, flags: RestoreFlags): Promise<number> {
  const { output, clock, random, logger, signal, progress } = context;
  checkSelectors(flags, { needed: true });
  const { target } = flags;
  if (target === undefined) throw new BitacoraError('USAGE', 'Say where to restore to: --target DIR.');
  const threads = flags.threads === undefined ? {} : { threads: parseThreads(flags.threads) };
  return withVault(context, async (vault) => {
    const repository = await openKnownUser(context, vault, user);
    await loadCodecs();
    const selected = await select(repository.snapshots, flags, clock.now());
    const engine = await createEngine(threads);
    const { chunks, backend, openSecrets: secrets } = repository;
    let report: RestoreReport;
    try {
      report = await restore({
        source: { chunks, backend, secrets, engine, vaultPath: vault.path },
        scopes: selected.scopes.map(restoreScope),
        target,
        flatten: flags.flatten ?? false,
        include: flags.include ?? [],
        exclude: flags.exclude ?? [],
        overwrite: flags.overwrite,
        delete: flags.delete ?? false,
        verify: flags.verify ?? false,
        dryRun: flags.dryRun ?? false,
        signal,
        progress: withTotals(progress.sink, selected, flags),
        logger,
        random,
        clock,
      });
    } finally {
      await engine.close();
    }
    progress.clear();
    if (output.json) output.document(restoreDocument(user, selected, flags, report));
    else sayReport(output, selected, flags, report);
    if (report.corrupt) return EXIT.corrupt;
    return report.failures.count > 0 ? EXIT.partial : EXIT.ok;
  });
}

/** Adds how much there is to do, where everything selected will be written. */
function withTotals(sink: ProgressSink, { scopes }: Selected, flags: RestoreFlags): ProgressSink {
  if (flags.include || flags.exclude || flags.overwrite) return sink;
  const filesTotal = scopes.reduce((sum, { files }) => sum + files, 0);
  const bytesTotal = scopes.reduce((sum, { bytes }) => sum + bytes, 0);
  return (progress) => sink({ filesTotal, bytesTotal, ...progress });
}

function restoreScope({ scope, path, entry, files, bytes }: ScopeRecord): RestoreScope {
  return { scope, path, entry: decodeEntry(new NodeReader(entry, `the root of "${scope}"`)), files, bytes };
}

function restoreDocument(
  user: string,
  selected: Selected,
  flags: RestoreFlags,
  report: RestoreReport,
): Record<string, unknown> {
  return {
    user_id: user,
    ...selectionFields(selected),
    target: flags.target,
    status: statusOf(report),
    dry_run: flags.dryRun ?? false,
    restored: selected.scopes.map(({ scope }) => scope),
    files: report.files,
    directories: report.directories,
    others: report.others,
    bytes_written: report.bytesWritten,
    identical: report.identical,
    kept: report.kept,
    deleted: report.deleted,
    verified: report.verified,
    failures: report.failures.items,
    failure_count: report.failures.count,
    warnings: report.warnings.items,
    warning_count: report.warnings.count,
    duration_ms: Math.round(report.durationMs),
  };
}

function statusOf({ corrupt, failures }: RestoreReport): 'complete' | 'partial' | 'corrupt' {
  if (corrupt) return 'corrupt';
  return failures.count > 0 ? 'partial' : 'complete';
}

function sayReport(output: Output, selected: Selected, flags: RestoreFlags, report: RestoreReport): void {
  const { dryRun, target } = flags;
  const states = selected.from.map(({ id, time }) => `${id} of ${formatTime(time)}`).join(', ');
  const status = statusOf(report);
  output.note(
    `${dryRun ? 'Dry run, nothing written' : 'Restored'} to ${target}: ${status} in ${formatDuration(report.durationMs)}`,
  );
  output.note(`  from       ${states}`);
  const written = [countOf(report.files, 'file'), countOf(report.directories, 'directory', 'directories')];
  if (report.others > 0) written.push(countOf(report.others, 'other item'));
  output.note(`  ${dryRun ? 'to write ' : 'written  '}  ${written.join(', ')}; ${formatBytes(report.bytesWritten)}`);
  const others = [
    [report.identical, 'identical already'],
    [report.kept, 'kept as they were'],
    [report.deleted, dryRun ? 'to delete' : 'deleted'],
    [report.verified, 'verified'],
  ] as const;
  for (const [count, what] of others) if (count > 0) output.note(`  ${what.padEnd(9)}  ${countOf(count, 'item')}`);
  sayList(output, report.warnings, 'warning');
  sayList(output, report.failures, 'item');
  if (report.failures.count === 0) return;
  const what = report.failures.count === 1 ? 'One item' : countOf(report.failures.count, 'item');
  output.message(`${what} could not be restored as it was; the rest is in place.`);
}

function sayList(output: Output, list: RestoreReport['failures'], one: string): void {
  const messages = list.items.map(({ path, message }) => problemText(path, message));
  sayProblems(output, list.count, messages, one);
}
