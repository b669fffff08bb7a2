import { isBitacoraError } from '../base/index.js';
import { releaseReserve } from '../vault/index.js';
import type { OperationContext } from './operation.js';

/**
 * Work that frees space in the end, or lets it be freed. Where the disk is full it goes on with the vault's reserve, which the daemon
 * makes again once there is room.
 *
 * @param run - May be called twice; the first time it has left nothing open.
 */
export async function withReserve<T>(
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
