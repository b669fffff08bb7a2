import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { readVaultEnvironment, type VaultEnvironment } from './environment.js';

const CREDENTIAL_NAME = 'bitacora-master-key';

export function defaultEnvironment(): VaultEnvironment {
  return readVaultEnvironment(homedir());
}

/**
 * Which vault is meant: the given path, else `BITACORA_VAULT`, else the configuration's, else the usual place of root or of the
 * user. Absolute.
 */
export function chooseVaultPath(given?: string, environment: VaultEnvironment = defaultEnvironment()): string {
  const usual = environment.uid === 0 ? '/var/lib/bitacora/vault' : join(environment.dataHome, 'bitacora', 'vault');
  return resolve(given ?? environment.vault ?? environment.configuredVault ?? usual);
}

/** Where a vault's master key is kept unless told otherwise. */
export function usualKeyFile(vaultId: string, environment: VaultEnvironment): string {
  const directory = environment.uid === 0 ? '/etc/bitacora/keys' : join(environment.configHome, 'bitacora', 'keys');
  return join(directory, `${vaultId}.key`);
}

/** The master key's systemd credential, where the process was given credentials. */
export function credentialKeyFile(environment: VaultEnvironment): string | undefined {
  const { credentialsDirectory } = environment;
  return credentialsDirectory === undefined ? undefined : join(credentialsDirectory, CREDENTIAL_NAME);
}
