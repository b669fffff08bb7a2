import { isoTime } from '../../base/index.js';
import type { SnapshotFilter } from '../../snapshot/index.js';
import { retain } from '../../upkeep/index.js';
import type { ListAnswer, ListInput } from '../contract/list.js';
import { type KeepingFields, keepingFields, NOT_KEPT } from '../keeping.js';
import { openKnownUser } from '../known-user.js';
import type { OperationContext } from '../operation.js';
import { retainOptions } from '../retain-after.js';
import { snapshotSummary } from '../snapshot-summary.js';

/** The snapshots of a user, newest first, and how long each is kept. */
export async function list(context: OperationContext, input: ListInput): Promise<ListAnswer> {
  const { user_id: user, all = false } = input;
  const repository = await openKnownUser(context, user);
  const filter: SnapshotFilter = {
    session: input.session_id,
    kind: input.kind,
    since: timeOf(input.since),
    until: timeOf(input.until),
  };
  const { decisions } = await retain(repository, retainOptions(context, true));
  const keeping = new Map<string, KeepingFields>(decisions.map((one) => [one.snapshot.id, keepingFields(one)]));
  const backups: ListAnswer['backups'] = [];
  for await (const { snapshot, forgotten, forgottenAt, pinned } of repository.snapshots.all(filter)) {
    if (forgotten && !all) continue;
    backups.push({
      ...snapshotSummary(user, snapshot),
      pinned,
      forgotten: forgottenAt === undefined ? null : isoTime(forgottenAt),
      ...(keeping.get(snapshot.id) ?? NOT_KEPT),
    });
  }
  return {
    user_id: user,
    backups,
    next: null,
    problems: repository.logProblems.map(({ code, message, details }) => ({ code, message, details })),
  };
}

function timeOf(iso: string | undefined): number | undefined {
  return iso === undefined ? undefined : Date.parse(iso);
}
