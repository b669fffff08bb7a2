import { startDaemon } from '../../daemon/index.js';
import { readConfiguration } from '../configuration.js';
import { type CommandContext, EXIT } from '../context.js';
import { programVersion } from '../version.js';

/** `bitacora daemon`: until it is told to stop, and then its jobs had their time. */
export async function runDaemonCommand({ globals, clock, random, signal, onHangup }: CommandContext): Promise<number> {
  const { loaded, environment } = await readConfiguration(globals);
  const { vault, keyFile, socket } = globals;
  await startDaemon({
    loaded,
    configFile: globals.config,
    vault,
    keyFile,
    socket,
    vaultEnvironment: environment,
    version: programVersion(),
    clock,
    random,
    signal,
    onReload: onHangup,
  });
  return EXIT.ok;
}
