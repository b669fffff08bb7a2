import { type BackupReport, noteSnapshot, type RecordSource, recordSource } from '../../backup/index.js';
import { BitacoraError, fromHex, isBitacoraError } from '../../base/index.js';
import { loadCodecs } from '../../codec/index.js';
import type { RegistryRecord } from '../../format/index.js';
import type { Snapshot } from '../../snapshot/index.js';
import { storedSize } from '../../upkeep/index.js';
import { checkSessionId, type UserRepository } from '../../vault/index.js';
import type { EndAnswer, EndedAnswer, EndInput } from '../contract/end.js';
import { findDoneJob } from '../done-job.js';
import { checkDurable, durabilityOf } from '../durability.js';
import { type EndFacts, endedAnswer, factsOfReport, factsOfSnapshot } from '../end-answer.js';
import { followUp } from '../follow-up.js';
import { forgottenSince } from '../forgotten.js';
import { Fingerprint, findRepeated } from '../idempotency.js';
import { openKnownUser } from '../known-user.js';
import type { OperationContext } from '../operation.js';
import { jsonOf } from '../records/body.js';
import { pullFrom } from '../records/pull.js';
import { retainAfter } from '../retain-after.js';
import { checkEnabled, openForBackup, recordOf, type TakenSnapshot, takeSnapshot } from '../take-snapshot.js';

/**
 * Ends a session: captures its records, which came with the call or are pulled, and answers once they are durable. What else is captured at the end of a
 * session follows as a job of its own. Without records it notes the end, where there is something of the user. Run again as the
 * same job, or asked again with the same key, it finds its snapshot and makes none.
 */
export async function endSession(context: OperationContext, input: EndInput): Promise<EndAnswer> {
  checkEnabled(context);
  const { vault, settings } = context;
  const { user_id: user, session_id: session } = input;
  checkSessionId(session);
  if (!settings.autoBackupOnSessionEnd) return skipped(input);
  const fingerprint = new Fingerprint('end', input, context);
  const record = await recordOf(vault, user);
  const repository = record && (await openKnownUser(context, user));
  const earlier = repository && (await earlierSnapshot(context, repository, input, fingerprint));
  if (earlier) {
    const warnings = await forgottenSince(context, repository, earlier);
    return finish(context, input, factsOfSnapshot(earlier), warnings);
  }
  const { pull } = settings.records;
  const open = fingerprint.records ?? (pull && pullFrom(pull, { user, session }));
  if (open) {
    const records = recordSource(open, { session, userWide: settings.records.userWide, json: jsonOf(context.records) });
    const taken = await capture(context, input, records, fingerprint);
    const warnings = [...taken.report.warnings, ...taken.warnings];
    return finish(context, input, factsOfReport(taken.report, taken.created), warnings);
  }
  if (!(await hasAnything(context, record, repository))) throw noSource(input);
  const { report, warnings } = await note(context, input, fingerprint);
  return finish(context, input, factsOfReport(report, false), warnings);
}

/** No hooks: nothing of this machine is read. */
function capture(
  context: OperationContext,
  { user_id: user, session_id: session }: EndInput,
  records: RecordSource,
  { kept: idempotency }: Fingerprint,
): Promise<TakenSnapshot> {
  const sources = { paths: [], streams: [], exclude: [] };
  return takeSnapshot(context, { user, kind: 'session_end', session, sources, records, idempotency });
}

/** Says in the log that the session ended, and that nothing of it was captured. */
async function note(
  context: OperationContext,
  { user_id: user, session_id: session }: EndInput,
  { kept: idempotency }: Fingerprint,
): Promise<{ readonly report: BackupReport; readonly warnings: readonly string[] }> {
  const { clock, random, logger, signal, jobId: job } = context;
  const { repository } = await openForBackup(context, user, false);
  const about = { kind: 'session_end', session, job, idempotency } as const;
  const report = await noteSnapshot({ repository, clock, random, logger, signal, ...about });
  const why =
    'No records came with the call, and no `pull_command` in `[records]` says where to get them: none were captured.';
  return { report, warnings: [why, ...(await retainAfter(context, repository)).warnings] };
}

/** Whether the user has sources, or anything that was captured earlier. */
async function hasAnything(
  { settings }: OperationContext,
  record: RegistryRecord | undefined,
  repository: UserRepository | undefined,
): Promise<boolean> {
  if (!record || !repository) return false;
  if (record.sources.length > 0 || settings.sources.some(({ user }) => user === record.name)) return true;
  for await (const _ of repository.snapshots.newestFirst()) return true;
  return false;
}

async function earlierSnapshot(
  context: OperationContext,
  repository: UserRepository,
  { idempotency_key: key }: EndInput,
  fingerprint: Fingerprint,
): Promise<Snapshot | undefined> {
  const { jobId, again } = context;
  const done = again && jobId !== undefined ? await findDoneJob(repository, jobId) : undefined;
  return done ?? (key === undefined ? undefined : findRepeated(context, repository, key, fingerprint));
}

function skipped({ user_id, session_id }: EndInput): EndAnswer {
  const why = 'The configuration says `[backup] auto_backup_on_session_end = false`.';
  return { skipped: why, user_id, session_id };
}

function noSource({ user_id: user, session_id: session }: EndInput): BitacoraError {
  const message = `Nothing says what to capture of the session "${session}": no records came with the call, and "${user}" has no earlier snapshot and no source. Send "data", or set \`pull_command\` in the table \`[records]\` of the configuration.`;
  return new BitacoraError('NO_SOURCE', message, { details: { user, session, setting: 'records.pull_command' } });
}

async function finish(
  context: OperationContext,
  input: EndInput,
  facts: EndFacts,
  given: readonly string[],
): Promise<EndedAnswer> {
  const { settings, logger } = context;
  const warnings = [...given, ...(settings.missingCopy === undefined ? [] : [settings.missingCopy])];
  const warn = (message: string): void => {
    warnings.push(message);
    logger.warn(message, { user: input.user_id });
  };
  const stored = await sizeOf(context, input.user_id, facts);
  const jobs = await followUp(context, input, fromHex(facts.id.replaceAll('-', '')), warn);
  const durability = durabilityOf(context, input.durability);
  checkDurable(facts.id, durability);
  return endedAnswer(input, facts, { stored, durability, followUp: jobs, warnings });
}

/** What a snapshot's captures take in packs. Damage met here was there before, and does not undo what is safe. */
async function sizeOf(context: OperationContext, user: string, { scopes, counts }: EndFacts): Promise<number> {
  if (scopes.length === 0) return 0;
  try {
    await loadCodecs();
    return await storedSize(await openKnownUser(context, user), scopes, context.signal);
  } catch (error) {
    if (!isBitacoraError(error) || error.code === 'CANCELLED') throw error;
    context.logger.warn('What a snapshot takes could not be told.', { user, code: error.code, error: error.message });
    return counts.bytesAdded;
  }
}
