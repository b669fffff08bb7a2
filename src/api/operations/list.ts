import { compareBytes, fromHex, isoTime, toHex } from '../../base/index.js';
import type { EntryName } from '../../store/index.js';
import { historyOf, type RetainedSnapshot, retain } from '../../upkeep/index.js';
import type { ListAnswer, ListInput } from '../contract/list.js';
import { type KeepingFields, keepingFields, NOT_KEPT } from '../keeping.js';
import { openKnownUser } from '../known-user.js';
import type { OperationContext } from '../operation.js';
import { retainOptions } from '../retain-after.js';
import { snapshotSummary } from '../snapshot-summary.js';

const LIMIT = 1000;

/**
 * The snapshots of a user, newest first, and how long each is kept. What decides which are on the page is remembered from one call to the
 * next, and of the log only the manifests on it are read.
 */
export async function list(context: OperationContext, input: ListInput): Promise<ListAnswer> {
  const { user_id: user } = input;
  const repository = await openKnownUser(context, user);
  const { decisions } = await retain(repository, retainOptions(context, true));
  const { page, next } = pageOf(await historyOf(repository), input);
  const shown = new Set(page.map(({ id }) => id));
  const keeping = new Map<string, KeepingFields>();
  for (const one of decisions) if (shown.has(one.snapshot.id)) keeping.set(one.snapshot.id, keepingFields(one));
  const backups: ListAnswer['backups'] = [];
  for (const { entry, pinned, forgottenAt } of page) {
    const snapshot = await repository.snapshots.at(entry);
    // Pruned just now.
    if (!snapshot) continue;
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

/** What is remembered changes with the log: it is looked at in one go, and what is wanted of it copied. */
function pageOf(
  history: readonly RetainedSnapshot[],
  input: ListInput,
): { readonly page: RetainedSnapshot[]; readonly next: string | null } {
  const { limit = LIMIT, cursor } = input;
  const isWanted = wanted(input);
  const after = cursor === undefined ? undefined : placeOf(cursor);
  const page: RetainedSnapshot[] = [];
  for (let i = history.length - 1; i >= 0; i--) {
    const one = history[i]!;
    if ((after && !isBehind(one.entry, after)) || !isWanted(one)) continue;
    const last = page.at(-1);
    if (last && page.length === limit) return { page, next: cursorOf(last.entry) };
    page.push({ ...one });
  }
  return { page, next: null };
}

function wanted({ all = false, session_id: session, kind, ...times }: ListInput): (one: RetainedSnapshot) => boolean {
  const since = timeOf(times.since) ?? Number.NEGATIVE_INFINITY;
  const until = timeOf(times.until) ?? Number.POSITIVE_INFINITY;
  return (one) =>
    !one.givenUp &&
    (all || !one.forgotten) &&
    (session === undefined || one.session === session) &&
    (kind === undefined || one.kind === kind) &&
    one.time >= since &&
    one.time <= until;
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
