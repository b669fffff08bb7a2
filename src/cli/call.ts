import { type AnswerOf, type InputOf, OPERATIONS, type OperationContext, type OperationsOf } from '../api/index.js';
import type { Engine } from '../engine/index.js';
import { chooseVaultPath, openVault } from '../vault/index.js';
import type { CommandContext } from './context.js';

/** What only an operation that runs in this process takes. */
export interface CallOptions {
  /** Worker threads; 0 works in the main thread. */
  readonly threads?: number | undefined;
}

/** Asks for a document, and closes what that took whatever happens. */
export async function call<Name extends OperationsOf<'document'>>(
  context: CommandContext,
  name: Name,
  input: InputOf<Name>,
  options: CallOptions = {},
): Promise<AnswerOf<Name>> {
  return embedded(context, options, async (own) => {
    const run = await OPERATIONS[name].load();
    return (await run(own, input)) as AnswerOf<Name>;
  });
}

/** Opens the vault that the options mean in this process. */
async function embedded<T>(
  { globals, clock, random, logger, progress, signal }: CommandContext,
  { threads }: CallOptions,
  use: (context: OperationContext) => Promise<T>,
): Promise<T> {
  const path = chooseVaultPath(globals.vault);
  const vault = await openVault({ path, keyFile: globals.keyFile, clock, random, logger });
  let engine: Promise<Engine> | undefined;
  try {
    return await use({
      vault,
      engine: () => {
        engine ??= startEngine(threads);
        return engine;
      },
      clock,
      random,
      logger,
      progress: progress.sink,
      signal,
    });
  } finally {
    await (await engine)?.close();
    await vault.close();
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
