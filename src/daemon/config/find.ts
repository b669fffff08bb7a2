import { access, constants } from 'node:fs/promises';
import { errnoCode } from '../../base/index.js';
import { type LoadedConfig, loadConfig } from './check.js';

/** Where a configuration is looked for unless it is named. */
export const SYSTEM_CONFIG_FILE = '/etc/bitacora/bitacora.toml';

/**
 * The configuration that is meant: the named file, which must be there, or the system's, if there is one that may be read.
 *
 * @throws {BitacoraError} `CONFIG` as `loadConfig`.
 */
export async function findConfig(named?: string, system = SYSTEM_CONFIG_FILE): Promise<LoadedConfig | undefined> {
  if (named !== undefined) return loadConfig(named);
  try {
    await access(system, constants.R_OK);
  } catch (error) {
    // Not there, or another user's: whoever runs this has a vault of their own.
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(errnoCode(error) ?? '')) return undefined;
  }
  return loadConfig(system);
}
