import { BitacoraError } from '../../base/index.js';
import type { UserRepository, Vault } from '../../vault/index.js';
import { checkpointUser } from '../checkpoint/checkpoint-user.js';
import type { PruneOptions } from './context.js';
import { type PrunedUser, pruneUser } from './prune-user.js';

export interface PruneVaultOptions extends Omit<PruneOptions, 'opened'> {
  /** Only this user; left out, all. */
  readonly user?: string | undefined;
}

const NONE = { packs: 0, bytes: 0 };

/**
 * Prunes one user or all, one after another. A user of whom it cannot be told what is needed keeps nobody from the others.
 *
 * @throws {BitacoraError} `UNKNOWN_USER`; `CANCELLED`; `VAULT_READ_ONLY`; `NO_SPACE`; the backend's errors.
 */
export async function prune(vault: Vault, options: PruneVaultOptions): Promise<readonly PrunedUser[]> {
  const { user, progress, signal, dryRun } = options;
  if (!dryRun) vault.checkWritable();
  const names = user === undefined ? await activeUsers(vault) : [(await vault.findUser(user)).name];
  const users: PrunedUser[] = [];
  const freed = () => users.reduce((sum, { purged }) => sum + purged.bytes, 0);
  for (const name of names) {
    try {
      const repository = await vault.openUser(name, { progress, signal });
      try {
        // What rewrites packs frees space in the end.
        const pressBytes = Math.max(0, (options.pressBytes ?? 0) - freed());
        const own = { ...options, pressBytes, opened: vault.opened };
        users.push(await vault.stored.exempting(repository.uid, () => pruneUser(repository, own)));
        if (!dryRun) await vault.stored.exempting(repository.uid, () => sumUp(repository, options));
      } finally {
        repository.close();
      }
    } catch (error) {
      if (!(error instanceof BitacoraError) || !STOPS.has(error.code)) throw error;
      options.logger.error(`Nothing was removed of user "${name}": ${error.message}`, { code: error.code });
      users.push(stopped(name, error));
    }
  }
  return users;
}

/** It cannot be told what is needed. */
const STOPS: ReadonlySet<string> = new Set([
  'DATA_CORRUPT',
  'OBJECT_MISSING',
  'FORMAT_NEWER',
  'KEY_WRONG',
  'OBJECT_EXISTS',
]);

/** What was pruned stays so, whatever the log's own upkeep finds. */
async function sumUp(repository: UserRepository, { signal, clock, logger }: PruneVaultOptions): Promise<void> {
  try {
    await checkpointUser(repository, { signal, clock, logger });
  } catch (error) {
    if (!(error instanceof BitacoraError) || !STOPS.has(error.code)) throw error;
    logger.error(`The log of user "${repository.name}" was not summed up: ${error.message}`, { code: error.code });
  }
}

async function activeUsers(vault: Vault): Promise<string[]> {
  const { records } = await vault.users();
  return records.filter(({ state }) => state === 'active').map(({ name }) => name);
}

function stopped(name: string, problem: BitacoraError): PrunedUser {
  return {
    name,
    status: 'stopped',
    problem,
    warnings: [],
    before: NONE,
    snapshots: [],
    dead: NONE,
    rewritten: NONE,
    added: NONE,
    waiting: 0,
    putAside: NONE,
    purged: NONE,
    aside: NONE,
  };
}
