import { BitacoraError, type ErrorCode, errnoCode, writeError } from '../base/index.js';

/** Failures of the moment: the same call may well succeed later. */
const PASSING = new Set(['EIO', 'EAGAIN', 'EMFILE', 'ENFILE', 'EINTR', 'ETIMEDOUT', 'ENOMEM', 'EBUSY']);

/** The error of a reading call that failed for `cause`. */
export function readError(code: ErrorCode, what: string, cause: unknown): BitacoraError {
  if (cause instanceof BitacoraError) return cause;
  const errno = errnoCode(cause);
  const text = cause instanceof Error ? cause.message : String(cause);
  return new BitacoraError(code, `Cannot read ${what}: ${text}`, {
    retryable: errno !== undefined && PASSING.has(errno),
    details: errno ? { errno } : {},
    cause,
  });
}

/** The error of a failed change to a vault's directory: `writeError`, and no permission is a vault to read only. */
export function changeError(error: unknown, what: string): BitacoraError {
  const errno = errnoCode(error);
  if (errno !== 'EACCES' && errno !== 'EPERM') return writeError(error, what);
  return new BitacoraError('VAULT_READ_ONLY', `Cannot write ${what}: permission denied. Check who owns the vault.`, {
    details: { errno },
    cause: error,
  });
}

export function missingError(name: string, cause?: unknown): BitacoraError {
  return new BitacoraError('OBJECT_MISSING', `There is no object "${name}".`, { details: { name }, cause });
}

export function existsError(name: string): BitacoraError {
  return new BitacoraError('OBJECT_EXISTS', `The object "${name}" exists already with other bytes.`, {
    details: { name },
  });
}

export function shortError(name: string, offset: number, length: number, available: number): BitacoraError {
  return new BitacoraError(
    'DATA_CORRUPT',
    `The object "${name}" is ${available} bytes long, expected at least ${offset + length}.`,
    { details: { name, offset, length, available } },
  );
}

/** Ranges come from this program's own formats, which bound them first: a bad one is a programmer's mistake. */
export function checkRange(offset: number, length: number): void {
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || offset < 0 || length < 0) {
    throw new TypeError(`Not a range: offset ${offset}, length ${length}.`);
  }
}
