import { isBitacoraError } from '../base/index.js';
import { makeReserve, releaseReserve } from '../vault/index.js';
import type { OperationContext } from './operation.js';

/**
 * Work that frees space in the end, or lets it be freed. Where the disk is full it goes on with the vault's reserve, which is
 * made again once there is room: behind such work, and by the daemon.
 *
 * @param run - May be called twice; the first time it has left nothing open.
 */
export async function withReserve<T>(
  context: Pick<OperationContext, 'vault' | 'logger' | 'random'>,
  run: () => Promise<T>,
): Promise<T> {
  const result = await withWhatThereIs(context, run);
  await keepReserve(context);
  return result;
}

/** Whoever holds the vault sees to it. Where it cannot be made the work is done all the same. */
async function keepReserve({
  vault,
  logger,
  random,
}: Pick<OperationContext, 'vault' | 'logger' | 'random'>): Promise<void> {
  if (vault.readOnly) return;
  try {
    await makeReserve(vault.path, random);
  } catch (error) {
    logger.warn('The vault’s reserve could not be made.', { error: String(error) });
  }
}

async function withWhatThereIs<T>(
  { vault, logger }: Pick<OperationContext, 'vault' | 'logger'>,
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!isBitacoraError(error, 'NO_SPACE') || !(await releaseReserve(vault.path))) throw error;
    logger.warn('No space is left: the vault’s reserve is used, so that something can be freed.', {
      vault: vault.path,
    });
    await vault.comeBack();
    return run();
  }
}
