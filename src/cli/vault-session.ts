import { BitacoraError, isBitacoraError } from '../base/index.js';
import { chooseVaultPath, openVault, type UserRepository, type Vault } from '../vault/index.js';
import type { CommandContext } from './context.js';
import { nearest } from './nearest.js';

/** Opens the vault that the options mean, and closes it whatever happens. */
export async function withVault<T>(context: CommandContext, use: (vault: Vault) => Promise<T>): Promise<T> {
  const { globals, clock, random, logger } = context;
  const path = chooseVaultPath(globals.vault);
  const vault = await openVault({ path, keyFile: globals.keyFile, clock, random, logger });
  try {
    return await use(vault);
  } finally {
    await vault.close();
  }
}

/** Opens a user that must be there. Throws `UNKNOWN_USER`, naming the nearest one there is. */
export async function openKnownUser(context: CommandContext, vault: Vault, name: string): Promise<UserRepository> {
  try {
    return await vault.openUser(name, { progress: context.progress.sink, signal: context.signal });
  } catch (error) {
    if (!isBitacoraError(error, 'UNKNOWN_USER')) throw error;
    const names = (await vault.users()).records.map((record) => record.name);
    throw unknownUser(name, names);
  }
}

export function unknownUser(name: string, names: readonly string[]): BitacoraError {
  const close = nearest(name, names);
  const next = close
    ? `Did you mean "${close}"?`
    : names.length === 0
      ? 'It has none yet: `bitacora backup USER --path DIR` makes one.'
      : `It has ${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}.`;
  return new BitacoraError('UNKNOWN_USER', `There is no user "${name}" in this vault. ${next}`, {
    details: { user: name, ...(close ? { nearest: close } : {}) },
  });
}
