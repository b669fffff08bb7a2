import { BitacoraError, utf8 } from '../../base/index.js';
import type { RegistrySource } from '../../format/index.js';
import type { AddUserInput, SetUserInput, SourceDocument, UserDocument } from '../contract/user.js';
import type { UserListAnswer } from '../contract/user-list.js';
import type { ShowUserAnswer, ShowUserInput } from '../contract/user-show.js';
import { errorDocument } from '../job-document.js';
import { openKnownUser } from '../known-user.js';
import type { OperationContext } from '../operation.js';
import { quotaOf } from '../quotas.js';
import { storedBytes } from '../stored-bytes.js';
import { briefSnapshot, userDocument } from '../user-document.js';

/** Makes a user. Throws `USER_EXISTS`. */
export async function addUser({ vault }: OperationContext, input: AddUserInput): Promise<UserDocument> {
  const { user_id: name, sources = [], exclude = [], quota_bytes: quota } = input;
  vault.checkWritable();
  const { record, created } = await vault.ensureUser(name, {
    sources: sources.map(sourceOf),
    exclude,
    quota: quota ?? undefined,
  });
  if (created) return userDocument(record);
  throw new BitacoraError('USER_EXISTS', `There is a user "${name}" already. Change it with \`bitacora user set\`.`, {
    details: { user: name },
  });
}

/** Changes what a user has. */
export async function setUser(context: OperationContext, input: SetUserInput): Promise<UserDocument> {
  const { vault } = context;
  const { user_id: name } = input;
  const { quota_bytes: own } = input;
  const record = await vault.changeUser(name, ({ sources, exclude, quota }) => ({
    sources: changed(sources, input.sources, input.remove_sources, input.add_sources, sourceOf, sameSource),
    exclude: changed(exclude, input.exclude, input.remove_exclude, input.add_exclude, same, Object.is),
    quota: own === undefined ? quota : (own ?? undefined),
  }));
  return userDocument(record);
}

/** All users that the caller may see, by name. */
export async function listUsers({ vault, caller }: OperationContext): Promise<UserListAnswer> {
  const { records, damaged } = await vault.users();
  const active = records.filter(({ state, name }) => state === 'active' && caller.has('list', name));
  // Whose record is damaged is not known.
  const told = caller.has('list', undefined) ? damaged : [];
  return { users: active.map(userDocument), damaged: told.map(errorDocument) };
}

/** What is known of one user. */
export async function showUser(context: OperationContext, { user_id: name }: ShowUserInput): Promise<ShowUserAnswer> {
  const { vault, settings, caller } = context;
  const repository = await openKnownUser(context, name);
  const snapshots = await repository.snapshots.list();
  const success = snapshots.find(({ manifest }) => manifest.status === 'complete');
  const own = settings.sources.filter(({ user }) => user === name);
  const record = await vault.findUser(name);
  const quota = quotaOf(record, settings);
  return {
    ...userDocument(record),
    configured_sources: own.map((source) =>
      source.kind === 'path'
        ? { kind: source.kind, path: source.path }
        : // A command's arguments may hold what is not for its user.
          { kind: source.kind, name: source.name, command: caller.administrator ? [...source.argv] : [] },
    ),
    snapshots: snapshots.length,
    stored_bytes: await storedBytes(repository, context.signal),
    trash_bytes: (await vault.stored.sizesOf(repository.uid, { signal: context.signal })).trashBytes,
    quota: { max_bytes: quota.max ?? null, from: quota.from ?? null },
    last_success: success ? briefSnapshot(success) : null,
    last_snapshot: snapshots[0] ? briefSnapshot(snapshots[0]) : null,
  };
}

function sourceOf({ kind, path, at_session_end: atSessionEnd = false }: SourceDocument): RegistrySource {
  return { kind, path: utf8(path), atSessionEnd };
}

function sameSource(a: RegistrySource, b: RegistrySource): boolean {
  return a.kind === b.kind && Buffer.compare(a.path, b.path) === 0;
}

function same<T>(value: T): T {
  return value;
}

/** The list after replacing, taking away and adding; what is there is not added again but takes the other's place. */
function changed<Given, T>(
  before: readonly T[],
  instead: readonly Given[] | undefined,
  removed: readonly Given[] | undefined,
  added: readonly Given[] | undefined,
  read: (given: Given) => T,
  equal: (a: T, b: T) => boolean,
): T[] {
  const gone = removed?.map(read) ?? [];
  const list = (instead?.map(read) ?? before).filter((one) => !gone.some((other) => equal(one, other)));
  for (const one of added?.map(read) ?? []) {
    const place = list.findIndex((other) => equal(one, other));
    list[place < 0 ? list.length : place] = one;
  }
  return list;
}
