import { BitacoraError, type ProgressSink } from '../../base/index.js';
import { loadCodecs } from '../../codec/index.js';
import { createRecordWish, type RestoreReport, restore } from '../../restore/index.js';
import { allowedRoot } from '../authority.js';
import type { RestoreAnswer, RestoreInput } from '../contract/restore.js';
import { openKnownUser } from '../known-user.js';
import type { OperationContext } from '../operation.js';
import { quarantineDamage } from '../quarantine.js';
import { recordLayers } from '../record-layers.js';
import { placedScopes, restoreScope } from '../scopes.js';
import { type Selected, select, selectionFields } from '../select.js';
import { wantedOf } from '../wishes.js';

/** Writes files and records back. */
export async function restoreFiles(context: OperationContext, input: RestoreInput): Promise<RestoreAnswer> {
  const { vault, clock, random, logger, signal } = context;
  const { target, exclude = [] } = input;
  if (target === undefined || input.format !== undefined) {
    const problem =
      target === undefined ? 'Say where to restore to: "target".' : '"format" is for an answer without a "target".';
    throw new BitacoraError('USAGE', problem);
  }
  const repository = await openKnownUser(context, input.user_id);
  await loadCodecs();
  const selected = await select(repository, input, clock.now());
  const { chunks, backend, openSecrets: secrets } = repository;
  const include = wantedOf(input);
  const wish = createRecordWish(include, exclude);
  const { layers, damage } = await recordLayers(repository, selected, { wish, signal, despiteDamage: true });
  const report = await restore({
    source: { chunks, backend, secrets, engine: await context.engine(), vaultPath: vault.path, keyFile: vault.keyFile },
    scopes: placedScopes(selected).map(restoreScope),
    records: layers,
    recordDamage: damage,
    target,
    beneath: allowedRoot(context.caller, context.settings.access, input.user_id, target),
    flatten: input.flatten ?? false,
    include,
    exclude,
    overwrite: input.overwrite,
    delete: input.delete ?? false,
    verify: input.verify ?? false,
    dryRun: input.dry_run ?? false,
    signal,
    progress: withTotals(context.progress, selected, input),
    logger,
    random,
    clock,
  });
  await quarantineDamage(context, repository, report.damagedObjects);
  return answer({ ...input, target }, selected, report);
}

/** Adds how much there is to do, where everything selected will be written. */
function withTotals(sink: ProgressSink, selected: Selected, input: RestoreInput): ProgressSink {
  if (input.include || input.items || input.exclude || input.overwrite) return sink;
  const scopes = placedScopes(selected);
  const filesTotal = scopes.reduce((sum, { files }) => sum + files, 0);
  const bytesTotal = scopes.reduce((sum, { bytes }) => sum + bytes, 0);
  return (progress) => sink({ filesTotal, bytesTotal, ...progress });
}

function answer(
  input: RestoreInput & { readonly target: string },
  selected: Selected,
  report: RestoreReport,
): RestoreAnswer {
  return {
    user_id: input.user_id,
    ...selectionFields(selected),
    target: input.target,
    status: statusOf(report),
    dry_run: input.dry_run ?? false,
    restored: selected.scopes.map(({ record }) => record.scope),
    files: report.files,
    directories: report.directories,
    others: report.others,
    bytes_written: report.bytesWritten,
    bytes_reused: report.bytesReused,
    identical: report.identical,
    kept: report.kept,
    deleted: report.deleted,
    verified: report.verified,
    failures: [...report.failures.items],
    failure_count: report.failures.count,
    warnings: [...report.warnings.items],
    warning_count: report.warnings.count,
    duration_ms: Math.round(report.durationMs),
  };
}

function statusOf({ corrupt, failures }: RestoreReport): RestoreAnswer['status'] {
  if (corrupt) return 'corrupt';
  return failures.count > 0 ? 'partial' : 'complete';
}
