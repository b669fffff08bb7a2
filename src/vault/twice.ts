import { BitacoraError, equalBytes, isBitacoraError, type Logger } from '../base/index.js';
import { type CopiedName, copyName } from '../format/index.js';
import type { Backend } from '../storage/index.js';

/** Where objects are kept twice, and whether what is wrong with one of them may be put right. */
export interface TwiceContext {
  readonly backend: Backend;
  readonly logger: Logger;
  readonly isReadOnly: () => boolean;
}

/** Reads an object's bytes; throws `DATA_CORRUPT` where they are damaged. */
type Decode<T> = (bytes: Uint8Array) => T;

/** Writes an object and its copy. When it resolves both are durable. Throws what `put` of the object throws. */
export async function putTwice({ backend, logger }: TwiceContext, name: CopiedName, bytes: Uint8Array): Promise<void> {
  await backend.put(name, { bytes });
  try {
    await backend.put(copyName(name), { bytes });
  } catch (error) {
    if (!isBitacoraError(error)) throw error;
    // The object is there, and that is what was asked for; a later look makes the copy.
    logger.warn('A second copy could not be written.', { object: copyName(name), error: error.message });
  }
}

/** The copy goes first: an object without one is whole, a copy alone would stand for what was to be removed. */
export async function removeTwice({ backend }: TwiceContext, name: CopiedName): Promise<void> {
  const remover = backend.remover();
  await remover.remove(copyName(name));
  await remover.remove(name);
}

/**
 * Reads an object, or its copy where the object is damaged or missing; it is then made again from the copy.
 *
 * @throws {BitacoraError} what reading the object threw, where the copy is no better.
 */
export async function readTwice<T>(context: TwiceContext, name: CopiedName, decode: Decode<T>): Promise<T> {
  const { backend, logger } = context;
  try {
    return decode(await backend.get(name));
  } catch (error) {
    if (!isDamage(error)) throw error;
    const copy = await readCopy(context, name, decode);
    if (!copy) throw error;
    logger.warn('An object is damaged or missing; its second copy is used.', { object: name, error: error.message });
    await replace(context, name, copy.bytes);
    return copy.value;
  }
}

/** Looks at both. Findings for what is damaged or missing, with `details.repaired` where it was made again from the other one. */
export async function checkTwice<T>(
  context: TwiceContext,
  name: CopiedName,
  decode: Decode<T>,
): Promise<BitacoraError[]> {
  const { backend } = context;
  let bytes: Uint8Array;
  try {
    bytes = await backend.get(name);
    decode(bytes);
  } catch (error) {
    if (!isDamage(error)) throw error;
    const copy = await readCopy(context, name, decode);
    return [copy ? told(error, name, await replace(context, name, copy.bytes)) : error];
  }
  const copy = await backend.get(copyName(name)).catch(orMissing);
  if (copy && equalBytes(copy, bytes)) return [];
  const repaired = await replace(context, copyName(name), bytes);
  // Vaults of earlier versions have no copies yet.
  if (!copy) return [];
  const damage = new BitacoraError('DATA_CORRUPT', `The second copy "${copyName(name)}" differs from its object.`);
  return [told(damage, copyName(name), repaired)];
}

async function readCopy<T>(
  { backend }: TwiceContext,
  name: CopiedName,
  decode: Decode<T>,
): Promise<{ readonly bytes: Uint8Array; readonly value: T } | undefined> {
  try {
    const bytes = await backend.get(copyName(name));
    return { bytes, value: decode(bytes) };
  } catch (error) {
    if (isDamage(error)) return undefined;
    throw error;
  }
}

/** One of the two is good all the while. */
async function replace(
  { backend, logger, isReadOnly }: TwiceContext,
  name: string,
  bytes: Uint8Array,
): Promise<boolean> {
  if (isReadOnly()) return false;
  try {
    await backend.remover().remove(name);
    await backend.put(name, { bytes });
    logger.info('An object was made again from its other copy.', { object: name });
    return true;
  } catch (error) {
    if (!isBitacoraError(error)) throw error;
    logger.error('An object could not be made again from its other copy.', { object: name, error: error.message });
    return false;
  }
}

function told({ code, message, details, cause }: BitacoraError, object: string, repaired: boolean): BitacoraError {
  const then = repaired ? ' It was made again from the other one.' : '';
  return new BitacoraError(code, `${message}${then}`, { cause, details: { ...details, object, repaired } });
}

function isDamage(error: unknown): error is BitacoraError {
  return isBitacoraError(error, 'DATA_CORRUPT') || isBitacoraError(error, 'OBJECT_MISSING');
}

function orMissing(error: unknown): undefined {
  if (isBitacoraError(error, 'OBJECT_MISSING')) return undefined;
  throw error;
}
