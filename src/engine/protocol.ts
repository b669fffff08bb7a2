import { BitacoraError, ERROR_CODES, type ErrorCode } from '../base/index.js';

/** What crosses between threads: calls one way, questions the other, and the answers to both. */
export type Message =
  | { readonly kind: 'call' | 'ask'; readonly id: number; readonly type: string; readonly payload: unknown }
  | { readonly kind: 'result' | 'answer'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'failure' | 'refusal'; readonly id: number; readonly error: WireError };

export interface WireError {
  readonly code: string | undefined;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly retryable: boolean;
  readonly stack: string | undefined;
}

/** An error as plain data, so that its code survives the way between threads. */
export function toWire(error: unknown): WireError {
  if (error instanceof BitacoraError) {
    const { code, message, details, retryable, stack } = error;
    return { code, message, details, retryable, stack };
  }
  const known = error instanceof Error ? error : new Error(String(error));
  const errno = 'code' in known && typeof known.code === 'string' ? { errno: known.code } : {};
  return { code: undefined, message: known.message, details: errno, retryable: false, stack: known.stack };
}

export function fromWire(wire: WireError): Error {
  if (wire.code !== undefined && wire.code in ERROR_CODES) {
    return new BitacoraError(wire.code as ErrorCode, wire.message, {
      details: wire.details,
      retryable: wire.retryable,
    });
  }
  const error = new Error(wire.message);
  if (wire.stack) error.stack = wire.stack;
  return typeof wire.details.errno === 'string' ? Object.assign(error, { code: wire.details.errno }) : error;
}
