import { type RecordSource, recordSource } from '../../backup/index.js';
import type { Snapshot } from '../../snapshot/index.js';
import { checkSessionId } from '../../vault/index.js';
import { backupAnswer, earlierAnswer } from '../backup-answer.js';
import { backupSources } from '../backup-sources.js';
import type { BackupAnswer, BackupInput } from '../contract/backup.js';
import { findDoneJob } from '../done-job.js';
import { checkDurable, durabilityOf } from '../durability.js';
import { forgottenSince } from '../forgotten.js';
import { betweenHooks } from '../hooks.js';
import { Fingerprint, findRepeated } from '../idempotency.js';
import { openKnownUser } from '../known-user.js';
import type { OperationContext } from '../operation.js';
import { jsonOf } from '../records/body.js';
import { pullFrom } from '../records/pull.js';
import { checkEnabled, recordOf, takeSnapshot } from '../take-snapshot.js';

/**
 * Takes a snapshot of the paths, the stream and the records that the call brings or names, or of what is configured for the user, between the
 * configured hooks. An unknown user is made. Run again as the same job, or asked again with the same key, it finds its snapshot and
 * makes none.
 */
export async function backUp(context: OperationContext, input: BackupInput): Promise<BackupAnswer> {
  checkEnabled(context);
  const { vault, logger, settings } = context;
  const { user_id: user, session_id: session } = input;
  if (session !== undefined) checkSessionId(session);
  const record = await recordOf(vault, user);
  const fingerprint = new Fingerprint('backup', input, context);
  const durability = durabilityOf(context, input.durability);
  const earlier = record && (await earlierSnapshot(context, input, fingerprint));
  if (earlier) {
    checkDurable(earlier.id, durability);
    const warnings = await forgottenSince(context, await openKnownUser(context, user), earlier);
    return { ...earlierAnswer(user, durability, earlier), warnings };
  }
  const open = fingerprint.records ?? pulled(context, input);
  const sources = backupSources(context, input, record, open !== undefined);
  const warnings = settings.missingCopy === undefined ? [] : [settings.missingCopy];
  const warn = (message: string): void => {
    warnings.push(message);
    logger.warn(message, { user });
  };
  const work = async (): Promise<BackupAnswer> => {
    const taken = await takeSnapshot(context, {
      user,
      kind: input.type,
      session,
      reason: input.reason,
      sources,
      records:
        open && recordSource(open, { session, userWide: settings.records.userWide, json: jsonOf(context.records) }),
      idempotency: fingerprint.kept,
      oneFileSystem: input.one_file_system,
      includeCaches: input.include_caches,
      maxFileBytes: input.max_file_bytes,
      force: input.force,
      dryRun: input.dry_run,
      codec: input.codec,
      level: input.level,
    });
    return backupAnswer(input, durability, taken);
  };
  const answer = input.dry_run ? await work() : await betweenHooks(context, user, warn, work);
  checkDurable(answer.backup_id, durability);
  return { ...answer, warnings: [...answer.warnings, ...warnings] };
}

async function earlierSnapshot(
  context: OperationContext,
  { user_id: user, idempotency_key: key }: BackupInput,
  fingerprint: Fingerprint,
): Promise<Snapshot | undefined> {
  const { jobId, again } = context;
  if (!(again && jobId !== undefined) && key === undefined) return undefined;
  const repository = await openKnownUser(context, user);
  const done = again && jobId !== undefined ? await findDoneJob(repository, jobId) : undefined;
  return done ?? (key === undefined ? undefined : findRepeated(context, repository, key, fingerprint));
}

/** The records of the session that the call names, where it names nothing else to capture and something is configured to give them. */
function pulled(
  { settings, body }: OperationContext,
  { user_id: user, session_id: session, paths }: BackupInput,
): RecordSource['open'] | undefined {
  const { pull } = settings.records;
  return pull && session !== undefined && !body && !paths?.length ? pullFrom(pull, { user, session }) : undefined;
}
