import { type OperationContext, withContext } from '../api/index.js';
import type { Engine } from '../engine/index.js';
import { chooseVaultPath, openVault } from '../vault/index.js';
import type { CallOptions } from './call-options.js';
import type { Configuration } from './configuration.js';
import type { CommandContext } from './context.js';

/** Opens the vault that the options mean in this process, and closes whatever was opened with it. */
export async function embedded<T>(
  { globals, clock, random, logger, progress, signal }: CommandContext,
  { settings, environment, loaded }: Configuration,
  { threads = loaded?.config.backup.workers, body, records }: CallOptions,
  use: (context: OperationContext) => Promise<T>,
): Promise<T> {
  const path = chooseVaultPath(globals.vault, environment);
  const vault = await openVault({ path, keyFile: globals.keyFile, environment, clock, random, logger });
  let engine: Promise<Engine> | undefined;
  const host = {
    vault,
    engine: () => {
      engine ??= startEngine(threads);
      return engine;
    },
    settings,
    daemon: undefined,
    clock,
    random,
    logger,
  };
  try {
    return await withContext(host, { signal, progress: progress.sink, body, records }, use);
  } finally {
    try {
      await (await engine)?.close();
    } finally {
      await vault.close();
    }
  }
}

async function startEngine(threads: number | undefined): Promise<Engine> {
  const [{ loadCodecs }, { createEngine }] = await Promise.all([
    import('../codec/index.js'),
    import('../engine/index.js'),
  ]);
  await loadCodecs();
  return createEngine(threads === undefined ? {} : { threads });
}
