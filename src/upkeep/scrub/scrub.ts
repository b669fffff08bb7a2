import { BitacoraError } from '../../base/index.js';
import type { Vault } from '../../vault/index.js';
import { damageCode } from './context.js';
import { type ScrubbedUser, type ScrubUserOptions, scrubUser } from './scrub-user.js';

export interface ScrubOptions extends ScrubUserOptions {
  /** Only this user; left out, all. */
  readonly user?: string | undefined;
}

export interface ScrubResult {
  readonly users: readonly ScrubbedUser[];
  /** What is wrong with the vault's own objects, and with users that cannot be opened. */
  readonly vaultProblems: readonly BitacoraError[];
}

/**
 * Checks what is stored as a restore would read it, and without writing files: with every frame opened and every id recomputed. What
 * is found damaged is put in quarantine, so that the next backup stores it again; where the vault cannot be written it is only told.
 * Memory grows by a name a pack and by 16 to 32 bytes a directory. May be cancelled at any time; what was found by then is kept.
 *
 * @throws {BitacoraError} `UNKNOWN_USER`; `CANCELLED`; `FORMAT_NEWER` of the log; the backend's errors where it could not be asked.
 */
export async function scrub(vault: Vault, options: ScrubOptions): Promise<ScrubResult> {
  const { user, signal } = options;
  const vaultProblems = [...(await vault.check({ signal }))];
  const names = user === undefined ? await activeUsers(vault) : [(await vault.findUser(user)).name];
  const users: ScrubbedUser[] = [];
  for (const name of names) {
    try {
      users.push(await scrubOne(vault, name, options));
    } catch (error) {
      // A user who cannot be opened keeps nobody from looking at the others.
      if (!(error instanceof BitacoraError) || damageCode(error) === undefined) throw error;
      vaultProblems.push(ofUser(name, error));
    }
  }
  return { users, vaultProblems };
}

async function activeUsers(vault: Vault): Promise<string[]> {
  const { records } = await vault.users();
  return records.filter(({ state }) => state === 'active').map(({ name }) => name);
}

async function scrubOne(vault: Vault, name: string, options: ScrubOptions): Promise<ScrubbedUser> {
  const { progress, signal } = options;
  // Before the user is opened, which puts right what it can.
  const keyProblems = await vault.checkKeys(name);
  const repository = await vault.openUser(name, { progress, signal });
  try {
    const scrubbed = await scrubUser(repository, options);
    return { ...scrubbed, problems: [...keyProblems, ...scrubbed.problems] };
  } finally {
    repository.close();
  }
}

function ofUser(name: string, { code, message, details, cause }: BitacoraError): BitacoraError {
  return new BitacoraError(code, `User "${name}": ${message}`, { cause, details: { ...details, user: name } });
}
