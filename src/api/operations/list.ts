import type { ListAnswer, ListInput } from '../contract/list.js';
import { openKnownUser } from '../known-user.js';
import type { OperationContext } from '../operation.js';
import { snapshotSummary } from '../snapshot-summary.js';

/** The snapshots of a user, newest first. */
export async function list(context: OperationContext, input: ListInput): Promise<ListAnswer> {
  const repository = await openKnownUser(context, input.user_id);
  const snapshots = await repository.snapshots.list({
    session: input.session_id,
    kind: input.kind,
    since: timeOf(input.since),
    until: timeOf(input.until),
  });
  return {
    user_id: input.user_id,
    backups: snapshots.map((snapshot) => snapshotSummary(input.user_id, snapshot)),
    next: null,
    problems: repository.logProblems.map(({ code, message, details }) => ({ code, message, details })),
  };
}

function timeOf(iso: string | undefined): number | undefined {
  return iso === undefined ? undefined : Date.parse(iso);
}
