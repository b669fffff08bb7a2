import { type DaemonEnvironment, readDaemonEnvironment } from './environment.js';
import type { DaemonOptions } from './run.js';

export interface StartOptions extends Omit<DaemonOptions, 'log' | 'environment'> {
  readonly environment?: DaemonEnvironment | undefined;
}

/**
 * Runs the daemon in this process until `signal` is aborted, its log on standard error; the code for that is loaded now. An error
 * that nobody has caught ends the process from here on.
 *
 * @throws {BitacoraError} what keeps it from starting; see `runDaemon`.
 */
export async function startDaemon(options: StartOptions): Promise<void> {
  const [{ dieOnUncaught, runDaemon }, { createLog }] = await Promise.all([import('./run.js'), import('./log.js')]);
  const log = createLog(options.loaded?.config.log.level ?? 'info');
  dieOnUncaught(log);
  await runDaemon({ ...options, environment: options.environment ?? readDaemonEnvironment(), log });
}
