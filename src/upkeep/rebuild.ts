import type { BitacoraError, ProgressSink } from '../base/index.js';
import type { CallOptions } from '../storage/index.js';
import type { RebuildResult, Vault } from '../vault/index.js';

export interface RebuildIndexOptions extends CallOptions {
  /** Only this user; left out, all. */
  readonly user?: string | undefined;
  readonly progress?: ProgressSink | undefined;
}

export interface RebuiltUser extends RebuildResult {
  readonly name: string;
}

/**
 * Makes the index anew from the backend, for one user or for all, one after another. The users must not be open.
 *
 * @returns what was found for each, and registry records that could not be read.
 * @throws {BitacoraError} `VAULT_READ_ONLY`, since the new index would be gone at the end; as `Vault.openUser`.
 */
export async function rebuildIndex(
  vault: Vault,
  options: RebuildIndexOptions = {},
): Promise<{ readonly users: readonly RebuiltUser[]; readonly damaged: readonly BitacoraError[] }> {
  const { user, progress, signal } = options;
  vault.checkWritable();
  const { records, damaged } = user === undefined ? await vault.users() : { records: [], damaged: [] };
  const active = records.filter(({ state }) => state === 'active').map(({ name }) => name);
  const users: RebuiltUser[] = [];
  for (const name of user === undefined ? active : [user]) {
    const repository = await vault.openUser(name, { rebuild: true, progress, signal });
    try {
      users.push({ name, ...repository.rebuilt! });
    } finally {
      repository.close();
    }
  }
  return { users, damaged };
}
