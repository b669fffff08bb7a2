import { BitacoraError, type ErrorOptions } from '../base/index.js';

/**
 * Turns an error of LevelDB into the code that the caller acts on.
 *
 * Damage is `DATA_CORRUPT` with `details.index`: nothing is lost, the index is made again from the backend.
 */
export function indexError(error: unknown, directory: string): unknown {
  if (error instanceof BitacoraError || error instanceof TypeError) return error;
  const { code, text } = deepest(error);
  const options: ErrorOptions = { cause: error, details: { directory } };
  if (code === 'LEVEL_LOCKED') {
    return new BitacoraError(
      'VAULT_BUSY',
      `Another process has the index "${directory}" open. Wait until it is done and try again.`,
      { ...options, retryable: true },
    );
  }
  if (/no space left|disk quota/i.test(text)) {
    return new BitacoraError(
      'NO_SPACE',
      `No space left while writing the index "${directory}". Free some space.`,
      options,
    );
  }
  if (/read-only file system|permission denied/i.test(text)) {
    return new BitacoraError('VAULT_READ_ONLY', `Cannot write the index "${directory}": ${text}.`, options);
  }
  if (code === 'LEVEL_CORRUPTION' || /corruption|no such file|invalid argument/i.test(text))
    return damagedIndex(directory, text, error);
  return new BitacoraError('BACKEND_FAILED', `Cannot use the index "${directory}": ${text}.`, options);
}

/** The error of an index that holds what it must not: it has to be made again. */
export function damagedIndex(directory: string, what: string, cause?: unknown): BitacoraError {
  return new BitacoraError('DATA_CORRUPT', `The index "${directory}" is damaged: ${what}. It can be rebuilt.`, {
    details: { index: true, directory },
    cause,
  });
}

/** Whether an error says that the index, not the vault, is damaged. */
export function isIndexDamage(error: unknown): boolean {
  return error instanceof BitacoraError && error.code === 'DATA_CORRUPT' && error.details.index === true;
}

/** LevelDB's own words lie below those of the wrapper. */
function deepest(error: unknown): { code: string; text: string } {
  let code = '';
  let text = String(error);
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') code = at.code;
    text = at.message;
  }
  return { code, text };
}
