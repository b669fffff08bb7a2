import { BitacoraError } from '../base/index.js';
import type { Output } from './output.js';

/** Any error as one with a code. What has none is a fault of the program and says so. */
export function toBitacoraError(error: unknown): BitacoraError {
  if (error instanceof BitacoraError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new BitacoraError('INTERNAL', `Something went wrong inside the program: ${text}`, { cause: error });
}

/** Says what went wrong: a document with `--json`, else a line on standard error. Stack traces only when asked for. */
export function reportError(error: BitacoraError, output: Output, debug: boolean): void {
  const { code, message, details } = error;
  if (output.json && !output.answered) output.document({ error: { code, message, details } });
  else output.message(message);
  if (!debug) return;
  for (let cause: unknown = error; cause !== undefined; cause = cause instanceof Error ? cause.cause : undefined) {
    output.message(cause instanceof Error ? (cause.stack ?? cause.message) : String(cause));
  }
}
