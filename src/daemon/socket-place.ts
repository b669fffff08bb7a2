import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { DaemonEnvironment } from './environment.js';

/**
 * Where a daemon listens unless told otherwise: root at `/run/bitacora/bitacora.sock`, others below their runtime directory,
 * or where there is none in a directory of their own among the temporary files. A user may have several vaults, so the name there
 * is the vault's. Whoever looks for a daemon finds its socket through the vault's lock, not here.
 */
export function usualSocket(vaultPath: string, environment: DaemonEnvironment): string {
  const { uid, runtimeDirectory, temporaryDirectory } = environment;
  if (uid === 0) return '/run/bitacora/bitacora.sock';
  const directory = runtimeDirectory ? join(runtimeDirectory, 'bitacora') : join(temporaryDirectory, `bitacora-${uid}`);
  const name = createHash('sha256').update(vaultPath).digest('hex').slice(0, 16);
  return join(directory, `${name}.sock`);
}
