import { posix } from 'node:path';
import { BitacoraError, isBitacoraError } from '../base/index.js';
import type { AccessScope } from '../format/index.js';
import type { Job, JobQueue } from '../scheduler/index.js';
import type { Vault } from '../vault/index.js';
import type { AccessSettings } from './settings.js';

/**
 * Who may ask for an operation. `anybody` is whoever may ask this daemon for something; `administrator` is root or the owner at the
 * socket, and nobody to whom scopes were given.
 */
export interface Who {
  readonly scope: AccessScope | 'anybody' | 'administrator';
  /**
   * Whom it concerns: the user that `user_id` names; the same, or all users where it is left out; the job that `job_id` names; the
   * vault as a whole; or the operation itself tells of those only that `OperationContext.caller` may see.
   */
  readonly user: 'named' | 'optional' | 'job' | 'vault' | 'own';
  /** Members of the input that only administrators may give: paths of this machine, and what widens what is read there. */
  readonly administrators?: readonly string[];
  /** Members that take one more scope where they are given. */
  readonly members?: Readonly<Record<string, AccessScope>>;
  /** The member that says where to write: below `AccessSettings.allowedTargets`, but for administrators. */
  readonly target?: string;
}

/** Scopes for some users; `['*']` stands for all. */
export interface Grant {
  readonly users: readonly string[];
  readonly scopes: readonly AccessScope[];
}

/** Whoever asks. */
export interface Caller {
  readonly administrator: boolean;
  /** For people: never a secret. */
  readonly name: string;
  /** Whether it has the scope for that user; undefined: for all users. */
  has(scope: Who['scope'], user: string | undefined): boolean;
  /** Whether it has the scope for anybody at all. */
  holds(scope: Who['scope']): boolean;
  /** Whether it may know of the job: whoever may ask for its operation, of its user. */
  sees(job: Pick<Job, 'operation' | 'user'>): boolean;
}

/** Who runs the program, and whom the socket takes for an administrator. */
export const ADMINISTRATOR: Caller = {
  administrator: true,
  name: 'an administrator',
  has: () => true,
  holds: () => true,
  sees: () => true,
};

/**
 * A caller to whom something was granted.
 *
 * @param scopeOf - The scope that an operation takes; undefined where there is none of that name.
 */
export function grantedCaller(
  name: string,
  grants: readonly Grant[],
  scopeOf: (operation: string) => Who['scope'] | undefined,
): Caller {
  const sets = grants.map(({ users, scopes }) => ({ users: new Set(users), scopes: new Set<string>(scopes) }));
  const gives = ({ scopes }: (typeof sets)[number], scope: Who['scope']): boolean =>
    scope === 'anybody' ? scopes.size > 0 : scopes.has(scope) || (scope === 'metrics' && scopes.has('admin'));
  const has = (scope: Who['scope'], user: string | undefined): boolean =>
    sets.some((set) => gives(set, scope) && (set.users.has('*') || (user !== undefined && set.users.has(user))));
  return {
    administrator: false,
    name,
    has,
    holds: (scope) => sets.some((set) => gives(set, scope)),
    sees: ({ operation, user }) => {
      const scope = scopeOf(operation);
      return scope !== undefined && has(scope, user);
    },
  };
}

/** What deciding takes. */
export interface Deciding {
  readonly vault: Pick<Vault, 'findUser'>;
  readonly queue: Pick<JobQueue, 'get'>;
  readonly access: AccessSettings;
}

type Input = Readonly<Record<string, unknown>>;

/** What a member says that turns nothing on. */
const NOT_WANTED: ReadonlySet<unknown> = new Set([undefined, false, 'false', '0']);

/** Throws `NOT_ALLOWED` where the caller may never ask for this, whatever the input. */
export function checkScope(caller: Caller, { scope }: Who): void {
  if (caller.holds(scope)) return;
  const what =
    scope === 'administrator'
      ? 'Only administrators may ask for this: root, and the user that the daemon runs as, at its socket.'
      : `This takes the scope "${scope}", which ${caller.name} does not have.`;
  throw notAllowed(what);
}

/**
 * Decides whether a call may be made. Of a user or a job that is not the caller's to know of the answer is that of one that there
 * is not, and it is given before anything is looked for.
 *
 * @throws {BitacoraError} `NOT_ALLOWED`; `UNKNOWN_USER`; `UNKNOWN_JOB`; `TARGET_UNSAFE`; what finding a user throws.
 */
export async function authorize(caller: Caller, who: Who, input: Input, deciding: Deciding): Promise<void> {
  if (caller.administrator) return;
  checkScope(caller, who);
  const user = typeof input.user_id === 'string' ? input.user_id : undefined;
  await checkWhom(caller, who, input, user, deciding);
  for (const member of who.administrators ?? []) {
    if (input[member] === undefined) continue;
    throw notAllowed(`Only administrators may give "${member}": leave it out, and what is configured is used.`);
  }
  for (const [member, scope] of Object.entries(who.members ?? {})) {
    if (NOT_WANTED.has(input[member]) || caller.has(scope, user)) continue;
    throw notAllowed(`"${member}" takes the scope "${scope}", which ${caller.name} does not have.`);
  }
  const target = who.target === undefined ? undefined : input[who.target];
  if (typeof target === 'string') allowedRoot(caller, deciding.access, user, target);
}

async function checkWhom(
  caller: Caller,
  { scope, user: whom }: Who,
  input: Input,
  user: string | undefined,
  { vault, queue }: Deciding,
): Promise<void> {
  if (whom === 'job') {
    checkJob(caller, queue, String(input.job_id));
  } else if (user !== undefined) {
    if (!caller.has(scope, user) || !(await isThere(vault, user))) throw unknownUser(user);
  } else if (whom !== 'own' && !caller.has(scope, undefined)) {
    throw notAllowed(`This concerns all users, and ${caller.name} may ask for some only.`);
  }
}

/** Throws `UNKNOWN_JOB` for a job that there is not, and in the same words for one that the caller may not know of. */
export function checkJob(caller: Caller, queue: Pick<JobQueue, 'get'>, id: string): void {
  let seen = false;
  try {
    seen = caller.sees(queue.get(id));
  } catch (error) {
    if (!isBitacoraError(error, 'UNKNOWN_JOB')) throw error;
  }
  if (!seen) throw new BitacoraError('UNKNOWN_JOB', `There is no job "${id}".`, { details: { job: id } });
}

/**
 * The directory below which a target may be opened, and no link be followed; undefined for administrators, who name what they like.
 * `{user}` in the configuration stands for the user's id.
 *
 * @throws {BitacoraError} `NOT_ALLOWED` where the target lies in none.
 */
export function allowedRoot(
  caller: Caller,
  { allowedTargets }: AccessSettings,
  user: string | undefined,
  target: string,
): string | undefined {
  if (caller.administrator) return undefined;
  const names = target.split('/');
  const wanted = posix.normalize(`${target}/`);
  const found = allowedTargets.find((path) => {
    const own = user === undefined ? path : path.replaceAll('{user}', user);
    return wanted.startsWith(posix.normalize(`${own}/`));
  });
  // A user's own directory need not be there yet: it is made below what is the same for all.
  if (found !== undefined && !names.includes('..') && !names.includes('.')) return withoutUser(found);
  throw notAllowed('The target is not below a directory that `[restore] allowed_targets` allows.');
}

function withoutUser(path: string): string {
  const at = path.indexOf('{user}');
  return (at < 0 ? path : path.slice(0, path.lastIndexOf('/', at))) || '/';
}

async function isThere(vault: Pick<Vault, 'findUser'>, user: string): Promise<boolean> {
  try {
    await vault.findUser(user);
    return true;
  } catch (error) {
    if (isBitacoraError(error, 'UNKNOWN_USER') || isBitacoraError(error, 'BAD_NAME')) return false;
    throw error;
  }
}

function unknownUser(user: string): BitacoraError {
  return new BitacoraError('UNKNOWN_USER', `There is no user "${user}" here.`, { details: { user } });
}

function notAllowed(message: string): BitacoraError {
  return new BitacoraError('NOT_ALLOWED', message);
}
