import { BitacoraError, isBitacoraError } from '../base/index.js';
import type { UserRepository } from '../vault/index.js';
import { nearest } from './nearest.js';
import type { OperationContext } from './operation.js';

/**
 * Opens a user that must be there, until the operation's end; it may be closed sooner.
 *
 * @throws {BitacoraError} `UNKNOWN_USER`, naming the nearest one there is; what `Vault.openUser` throws.
 */
export async function openKnownUser(
  { vault, progress, signal, atEnd }: Pick<OperationContext, 'vault' | 'progress' | 'signal' | 'atEnd'>,
  name: string,
): Promise<UserRepository> {
  try {
    const repository = await vault.openUser(name, { progress, signal });
    atEnd(() => repository.close());
    return repository;
  } catch (error) {
    if (!isBitacoraError(error, 'UNKNOWN_USER')) throw error;
    throw await unknownUser(vault, name);
  }
}

/** Throws `UNKNOWN_USER`, naming the nearest one there is, unless there is such a user; opens nothing. */
export async function checkKnownUser({ vault }: Pick<OperationContext, 'vault'>, name: string): Promise<void> {
  try {
    await vault.findUser(name);
  } catch (error) {
    if (!isBitacoraError(error, 'UNKNOWN_USER')) throw error;
    throw await unknownUser(vault, name);
  }
}

/** Of so many users names are compared; a mistake must not cost the reading of a hundred thousand records. */
const COMPARED_MOST = 2000;

async function unknownUser(vault: OperationContext['vault'], name: string): Promise<BitacoraError> {
  const { records, total } = await vault.users({ most: COMPARED_MOST });
  const names = records.map((record) => record.name);
  const close = nearest(name, names);
  const next = close
    ? `Did you mean "${close}"?`
    : names.length === 0
      ? 'It has none yet: `bitacora backup USER --path DIR` makes one.'
      : `It has ${names.slice(0, 5).join(', ')}${total > 5 ? ` and ${total - 5} more` : ''}.`;
  return new BitacoraError('UNKNOWN_USER', `There is no user "${name}" in this vault. ${next}`, {
    details: { user: name, ...(close ? { nearest: close } : {}) },
  });
}
