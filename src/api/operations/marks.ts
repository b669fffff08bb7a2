import { BitacoraError, isoTime } from '../../base/index.js';
import type { ListedSnapshot } from '../../snapshot/index.js';
import { historyOf, type RetainedSnapshot } from '../../upkeep/index.js';
import type { UserRepository } from '../../vault/index.js';
import type { MarkAnswer, MarkInput } from '../contract/mark.js';
import { openKnownUser } from '../known-user.js';
import type { OperationContext } from '../operation.js';
import { withReserve } from '../with-reserve.js';

type Kind = 'pin' | 'unpin' | 'forget' | 'unforget';

/** Keeps a snapshot whatever the policy says. Throws `UNKNOWN_SNAPSHOT`, also for one that was forgotten. */
export function pin(context: OperationContext, input: MarkInput): Promise<MarkAnswer> {
  return mark(context, input, 'pin', ({ forgotten, pinned, snapshot }) => {
    if (forgotten) throw isForgotten(snapshot.id, 'Take it back first with `bitacora unforget`.');
    return !pinned;
  });
}

/** Leaves a snapshot to the policy again. */
export function unpin(context: OperationContext, input: MarkInput): Promise<MarkAnswer> {
  return mark(context, input, 'unpin', ({ pinned }) => pinned);
}

/** Lets a snapshot go; it can be taken back until it is pruned. Throws `PINNED`. */
export function forget(context: OperationContext, input: MarkInput): Promise<MarkAnswer> {
  return mark(context, input, 'forget', ({ forgotten, pinned, snapshot }) => {
    if (!pinned) return !forgotten;
    throw new BitacoraError('PINNED', `The snapshot "${snapshot.id}" is pinned. Unpin it first.`, {
      details: { snapshot: snapshot.id },
    });
  });
}

/** Takes back a forgotten snapshot; from then on retention leaves it alone. Throws `UNKNOWN_SNAPSHOT` once it was pruned. */
export function unforget(context: OperationContext, input: MarkInput): Promise<MarkAnswer> {
  return mark(context, input, 'unforget', ({ forgotten, givenUp, snapshot }) => {
    if (givenUp) throw isForgotten(snapshot.id, 'Its data was pruned: it cannot be taken back.');
    return forgotten;
  });
}

/** @param wanted - Whether there is anything to change; refuses by throwing. Called when nobody else can write. */
async function mark(
  context: OperationContext,
  { user_id: user, backup_id: id }: MarkInput,
  kind: Kind,
  wanted: (listed: ListedSnapshot) => boolean,
): Promise<MarkAnswer> {
  const { vault, signal } = context;
  const { repository, entry } = await withReserve(context, async () => {
    vault.checkWritable();
    const opened = await openKnownUser(context, user);
    const written = await opened.log.appendAfter(
      async () => {
        const listed = await opened.snapshots.findListed(id);
        return wanted(listed) ? { kind, body: { backupIds: [listed.snapshot.manifest.backupId] } } : undefined;
      },
      { signal },
    );
    return { repository: opened, entry: written };
  });
  const { snapshot, pinned, forgottenAt } = await repository.snapshots.findListed(id);
  const warnings = entry ? await consequences(repository, snapshot.id, kind) : [];
  return {
    user_id: user,
    backup_id: snapshot.id,
    pinned,
    forgotten: forgottenAt === undefined ? null : isoTime(forgottenAt),
    changed: entry !== undefined,
    warnings,
  };
}

/** What else is different in the newest state since a snapshot was forgotten or taken back. */
async function consequences(repository: UserRepository, id: string, kind: Kind): Promise<string[]> {
  if (kind !== 'forget' && kind !== 'unforget') return [];
  const history = await historyOf(repository);
  const [now, before] = [history, history.map((one) => (one.id === id ? { ...one, forgotten: !one.forgotten } : one))];
  const [alive, wasAlive] = [livingScopes(now), livingScopes(before)];
  const gone = [...wasAlive].filter((scope) => !alive.has(scope));
  const back = [...alive].filter((scope) => !wasAlive.has(scope));
  const warnings: string[] = [];
  if (gone.length > 0) warnings.push(`The newest state no longer has ${namesOf(gone)}: no snapshot is left of it.`);
  if (back.length > 0) warnings.push(`The newest state has ${namesOf(back)} again.`);
  return warnings;
}

function livingScopes(history: readonly RetainedSnapshot[]): Set<string> {
  const alive = new Set<string>();
  for (const { ended, scopes, forgotten } of history) {
    if (forgotten) continue;
    for (const scope of ended) alive.delete(scope);
    for (const scope of scopes) alive.add(scope);
  }
  return alive;
}

const NAMES_SHOWN = 3;

function namesOf(scopes: readonly string[]): string {
  const more = scopes.length - NAMES_SHOWN;
  return `${scopes.slice(0, NAMES_SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function isForgotten(id: string, next: string): BitacoraError {
  return new BitacoraError('UNKNOWN_SNAPSHOT', `The snapshot "${id}" was forgotten. ${next}`, {
    details: { snapshot: id },
  });
}
