import { compareBytes, fromHex, isoTime, toHex } from '../../base/index.js';
import type { SnapshotFilter } from '../../snapshot/index.js';
import type { EntryName } from '../../store/index.js';
import { retain } from '../../upkeep/index.js';
import type { ListAnswer, ListInput } from '../contract/list.js';
import { type KeepingFields, keepingFields, NOT_KEPT } from '../keeping.js';
import { openKnownUser } from '../known-user.js';
import type { OperationContext } from '../operation.js';
import { retainOptions } from '../retain-after.js';
import { snapshotSummary } from '../snapshot-summary.js';

const LIMIT = 1000;

/** The snapshots of a user, newest first, and how long each is kept. */
export async function list(context: OperationContext, input: ListInput): Promise<ListAnswer> {
  const { user_id: user, all = false, limit = LIMIT } = input;
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
  const after = input.cursor === undefined ? undefined : placeOf(input.cursor);
  let last: EntryName | undefined;
  let next: string | null = null;
  for await (const { snapshot, forgotten, givenUp, forgottenAt, pinned } of repository.snapshots.all(filter)) {
    const { entry } = snapshot;
    if (givenUp || (forgotten && !all) || (after && !isBehind(entry, after))) continue;
    if (last && backups.length === limit) {
      next = cursorOf(last);
      break;
    }
    last = entry;
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
    next,
    problems: repository.logProblems.map(({ code, message, details }) => ({ code, message, details })),
  };
}

function timeOf(iso: string | undefined): number | undefined {
  return iso === undefined ? undefined : Date.parse(iso);
}

/** The place of a log entry, for whoever goes on from there; it holds whatever comes or goes meanwhile. */
function cursorOf({ seq, hash }: EntryName): string {
  return `${seq}-${toHex(hash)}`;
}

function placeOf(cursor: string): EntryName {
  const [seq, hash] = cursor.split('-');
  return { seq: Number(seq), hash: fromHex(hash!) };
}

/** In the order of the list, which is that of the log from its end. */
function isBehind(entry: EntryName, place: EntryName): boolean {
  return entry.seq === place.seq ? compareBytes(entry.hash, place.hash) < 0 : entry.seq < place.seq;
}
