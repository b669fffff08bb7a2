import { getSystemErrorMap } from 'node:util';
import { printable } from '../base/index.js';

/** The shape that Node gives to errors of its own `fs` functions. */
export interface SystemError extends Error {
  code: string;
  errno: number;
  syscall: string;
  path?: string;
}

/**
 * Builds the error that Node's own `fs` would throw for a failed call.
 * `errno` is positive, as the C library has it; `.errno` of the result is negative, as Node has it.
 */
export function systemError(errno: number, syscall: string, name?: Uint8Array): SystemError {
  const [code, text] = getSystemErrorMap().get(-errno) ?? [`E${errno}`, `system error ${errno}`];
  // Node's text for ENOTSUP speaks of sockets, and its name stands for EOPNOTSUPP too.
  const meaning = code === 'ENOTSUP' ? 'operation not supported' : text;
  const path = name === undefined ? undefined : printable(name);
  const message = `${code}: ${meaning}, ${syscall}${path === undefined ? '' : ` '${path}'`}`;
  const error = Object.assign(new Error(message), { code, errno: -errno, syscall });
  return path === undefined ? error : Object.assign(error, { path });
}

/** The positive number of a system error of any origin, or 0. */
export function errnoOf(error: unknown): number {
  return error instanceof Error && 'errno' in error && typeof error.errno === 'number' ? -error.errno : 0;
}

/** Runs a call of Node's `fs` and names the entry in its error, not the `/proc/self/fd` path that led there. */
export function named<T>(syscall: string, name: Uint8Array | undefined, call: () => T): T {
  try {
    return call();
  } catch (error) {
    const errno = errnoOf(error);
    throw errno > 0 ? systemError(errno, syscall, name) : error;
  }
}
