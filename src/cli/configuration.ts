import { DEFAULT_SETTINGS, type Settings } from '../api/index.js';
import { findConfig, type LoadedConfig } from '../daemon/index.js';
import { defaultEnvironment, type VaultEnvironment } from '../vault/index.js';
import type { GlobalOptions } from './context.js';

/** What the configuration says to a command, and where there is none, what is usual. */
export interface Configuration {
  readonly loaded: LoadedConfig | undefined;
  readonly settings: Settings;
  /** With the places that the configuration names. */
  readonly environment: VaultEnvironment;
}

/**
 * Reads the configuration that the options mean.
 *
 * @throws {BitacoraError} `CONFIG` with every problem.
 */
export async function readConfiguration({ config }: Pick<GlobalOptions, 'config'>): Promise<Configuration> {
  const loaded = await findConfig(config);
  const environment = {
    ...defaultEnvironment(),
    configuredVault: loaded?.config.backup.storage.local.path,
    configuredKeyFile: loaded?.config.keys.file,
  };
  return { loaded, settings: loaded?.settings ?? DEFAULT_SETTINGS, environment };
}
