import { openKnownUser as open } from '../api/index.js';
import { chooseVaultPath, openVault, type UserRepository, type Vault } from '../vault/index.js';
import type { CommandContext } from './context.js';

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
export function openKnownUser(context: CommandContext, vault: Vault, name: string): Promise<UserRepository> {
  return open({ vault, progress: context.progress.sink, signal: context.signal }, name);
}
