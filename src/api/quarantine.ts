import { fromHex, isBitacoraError } from '../base/index.js';
import { packName, uidOf } from '../format/index.js';
import type { UserRepository } from '../vault/index.js';
import type { OperationContext } from './operation.js';

const HASH = /^[0-9a-f]{64}$/;

type Context = Pick<OperationContext, 'clock' | 'logger' | 'progress' | 'signal' | 'engine'>;

/**
 * Looks at objects, or packs by their hash in hex, that a reader found damaged or gone. What turns out so is not relied on from now on, and the next backup stores it
 * again. Only `CANCELLED` is thrown: the reader's own answer stands, and a scrub finds the same.
 */
export async function quarantineDamage(
  { clock, logger, progress, signal, engine }: Context,
  repository: UserRepository,
  objects: readonly string[],
): Promise<void> {
  if (objects.length === 0) return;
  const nameOf = (object: string): string =>
    HASH.test(object) ? packName(uidOf(repository.uid), fromHex(object)) : object;
  const { checkPacks } = await import('../upkeep/index.js');
  try {
    await checkPacks(repository, objects.map(nameOf), { engine: await engine(), clock, logger, progress, signal });
  } catch (error) {
    if (!isBitacoraError(error) || error.code === 'CANCELLED') throw error;
    logger.error(`What was found damaged could not be put in quarantine: ${error.message}`, { code: error.code });
  }
}

/** The same pieces; where they end early because an object is damaged or gone, that is looked at before the error goes on. */
export async function* quarantining<T>(
  context: Context,
  repository: UserRepository,
  pieces: AsyncIterable<T>,
): AsyncGenerator<T> {
  try {
    yield* pieces;
  } catch (error) {
    await quarantineBlamed(context, repository, error);
    throw error;
  }
}

/** Looks at the object that an error blames, if it blames one. */
export async function quarantineBlamed(context: Context, repository: UserRepository, error: unknown): Promise<void> {
  if (!isBitacoraError(error, 'DATA_CORRUPT') && !isBitacoraError(error, 'OBJECT_MISSING')) return;
  const { pack, object } = error.details;
  const blamed = typeof pack === 'string' && HASH.test(pack) ? pack : object;
  if (typeof blamed === 'string') await quarantineDamage(context, repository, [blamed]);
}
