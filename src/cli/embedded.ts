import { DEFAULT_SETTINGS, type OperationContext } from '../api/index.js';
import type { Engine } from '../engine/index.js';
import { chooseVaultPath, openVault } from '../vault/index.js';
import type { CommandContext } from './context.js';

/** Opens the vault that the options mean in this process, and closes whatever was opened with it. */
export async function embedded<T>(
  { globals, clock, random, logger, progress, signal }: CommandContext,
  { threads }: { readonly threads?: number | undefined },
  use: (context: OperationContext) => Promise<T>,
): Promise<T> {
  const path = chooseVaultPath(globals.vault);
  const vault = await openVault({ path, keyFile: globals.keyFile, clock, random, logger });
  const closing: (() => void | Promise<void>)[] = [() => vault.close()];
  let engine: Promise<Engine> | undefined;
  try {
    return await use({
      vault,
      engine: () => {
        if (engine) return engine;
        const starting = startEngine(threads);
        engine = starting;
        closing.push(async () => (await starting).close());
        return starting;
      },
      atEnd: (close) => {
        closing.push(close);
      },
      jobId: undefined,
      settings: DEFAULT_SETTINGS,
      daemon: undefined,
      clock,
      random,
      logger,
      progress: progress.sink,
      signal,
    });
  } finally {
    await closeAll(closing);
  }
}

/** The last first; an error keeps none from being closed. */
async function closeAll(closing: readonly (() => void | Promise<void>)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const close of [...closing].reverse()) {
    try {
      await close();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

async function startEngine(threads: number | undefined): Promise<Engine> {
  const [{ loadCodecs }, { createEngine }] = await Promise.all([
    import('../codec/index.js'),
    import('../engine/index.js'),
  ]);
  await loadCodecs();
  return createEngine(threads === undefined ? {} : { threads });
}
