import { noteSnapshot } from '../../backup/index.js';
import { BitacoraError, isoTime } from '../../base/index.js';
import { formatUuid } from '../../snapshot/index.js';
import type { ScopeEndAnswer, ScopeEndInput } from '../contract/scope-end.js';
import type { ScopeItem, ScopesInput } from '../contract/scopes.js';
import { findDoneJob } from '../done-job.js';
import { openKnownUser } from '../known-user.js';
import { nearest } from '../nearest.js';
import type { ItemStream, OperationContext } from '../operation.js';
import { knownScopes } from '../scope-list.js';

/** What was ever captured of a user, ended or not. */
export async function listScopes(
  context: OperationContext,
  { user_id }: ScopesInput,
): Promise<ItemStream<{ readonly user_id: string }, ScopeItem>> {
  const { snapshots } = await openKnownUser(context, user_id);
  return { head: { user_id }, member: 'scopes', items: items() };

  async function* items(): AsyncGenerator<ScopeItem> {
    for await (const { record, snapshot, ended } of knownScopes(snapshots)) {
      yield {
        scope: record.scope,
        backup_id: snapshot.id,
        captured: isoTime(snapshot.manifest.captured),
        ended: ended === undefined ? null : isoTime(ended),
        files: record.files,
        size_uncompressed: record.bytes,
      };
    }
  }
}

/** Says that a scope is no more: it is in no state from here on, and retention may let it go in time. */
export async function endScope(context: OperationContext, input: ScopeEndInput): Promise<ScopeEndAnswer> {
  const { vault, clock, random, logger, signal, jobId: job, again } = context;
  const { user_id: user, scope, reason } = input;
  vault.checkWritable();
  const repository = await openKnownUser(context, user);
  const done = again && job !== undefined ? await findDoneJob(repository, job) : undefined;
  if (done) return { backup_id: done.id, user_id: user, scope, timestamp: isoTime(done.time) };
  const names: string[] = [];
  let found = false;
  for await (const { record, ended } of knownScopes(repository.snapshots)) {
    if (record.scope !== scope) {
      if (ended === undefined) names.push(record.scope);
      continue;
    }
    if (ended !== undefined) throw unknownScope(input, `ended at ${isoTime(ended)} already`, []);
    found = true;
    break;
  }
  if (!found) throw unknownScope(input, 'was never captured', names);
  const about = { kind: 'manual', reason, job, ended: [scope] } as const;
  const report = await noteSnapshot({ repository, clock, random, logger, signal, ...about });
  return { backup_id: formatUuid(report.backupId!), user_id: user, scope, timestamp: isoTime(report.time) };
}

function unknownScope({ user_id: user, scope }: ScopeEndInput, why: string, names: readonly string[]): BitacoraError {
  const close = nearest(scope, names);
  const next =
    close === undefined ? `\`bitacora scope list ${user}\` shows those there are.` : `Did you mean "${close}"?`;
  return new BitacoraError('UNKNOWN_SCOPE', `The scope "${scope}" of "${user}" ${why}. ${next}`, {
    details: { user, scope, ...(close === undefined ? {} : { nearest: close }) },
  });
}
