import { BitacoraError } from '../../base/index.js';
import { checkSessionId } from '../../vault/index.js';
import { backupAnswer, earlierAnswer } from '../backup-answer.js';
import { configuredSources } from '../backup-sources.js';
import type { BackupAnswer } from '../contract/backup.js';
import type { EndSourcesInput } from '../contract/end-sources.js';
import { findDoneJob } from '../done-job.js';
import { durabilityOf } from '../durability.js';
import { betweenHooks } from '../hooks.js';
import { openKnownUser } from '../known-user.js';
import type { OperationContext } from '../operation.js';
import { checkEnabled, recordOf, takeSnapshot } from '../take-snapshot.js';

/** Captures the user's sources that are marked so, behind the end of a session. */
export async function endSources(context: OperationContext, input: EndSourcesInput): Promise<BackupAnswer> {
  checkEnabled(context);
  const { vault, settings, logger, jobId, again } = context;
  const { user_id: user, session_id: session } = input;
  checkSessionId(session);
  const record = await recordOf(vault, user);
  const durability = durabilityOf(context);
  if (record && again && jobId !== undefined) {
    const done = await findDoneJob(await openKnownUser(context, user), jobId);
    if (done) return earlierAnswer(user, durability, done);
  }
  const sources = configuredSources(settings, user, record, 'at the end of a session');
  if (sources.paths.length + sources.streams.length === 0) {
    const message = `No source of "${user}" is marked to be captured at the end of a session: \`bitacora user set ${user} --add-source path:DIR --at-session-end\` marks one.`;
    throw new BitacoraError('NO_SOURCE', message, { details: { user } });
  }
  const warnings = settings.missingCopy === undefined ? [] : [settings.missingCopy];
  const warn = (message: string): void => {
    warnings.push(message);
    logger.warn(message, { user });
  };
  const about = { user_id: user, session_id: session, type: 'session_end' } as const;
  const answer = await betweenHooks(context, user, warn, async () =>
    backupAnswer(about, durability, await takeSnapshot(context, { user, kind: 'session_end', session, sources })),
  );
  return { ...answer, warnings: [...answer.warnings, ...warnings] };
}
