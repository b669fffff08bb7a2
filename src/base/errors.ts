/**
 * One table: code → meaning, HTTP status, exit code. `docs/errors.md` mirrors it; a test compares the two.
 * *Missing*, *corrupt* and *cannot tell* are three codes, because the next action differs.
 */
export const ERROR_CODES = {
  INTERNAL: { http: 500, exit: 1, meaning: 'A fault in the program itself.' },
  USAGE: { http: 400, exit: 64, meaning: 'The call or its arguments are wrong.' },
  TOO_LARGE: { http: 413, exit: 64, meaning: 'A request is larger than the daemon takes.' },
  NO_SUCH_CALL: { http: 404, exit: 64, meaning: 'The API has no such call.' },
  UNAUTHENTICATED: { http: 401, exit: 77, meaning: 'The call brings no bearer token, or none that counts.' },
  NOT_ALLOWED: { http: 403, exit: 77, meaning: 'The caller may not ask for this.' },
  TOO_MANY: { http: 429, exit: 75, meaning: 'Too many calls with wrong tokens, or too many connections, at once.' },
  BAD_NAME: { http: 400, exit: 64, meaning: 'The name of a user, session or stream is not allowed.' },
  NO_SOURCE: { http: 422, exit: 64, meaning: 'Nothing says what to back up.' },
  UNKNOWN_SCOPE: { http: 404, exit: 66, meaning: 'No such scope, or it has ended.' },
  REPEAT_DIFFERS: { http: 422, exit: 64, meaning: 'An idempotency key came before with another request.' },
  NOT_DURABLE: {
    http: 503,
    exit: 75,
    meaning: 'A snapshot is safe here, but not on every backend that was asked for.',
  },
  HOOK_FAILED: { http: 500, exit: 1, meaning: 'A program that the configuration runs around backups failed.' },
  VAULT_IN_SOURCE: {
    http: 400,
    exit: 64,
    meaning: 'The vault lies inside the source, or the source inside the vault.',
  },
  TARGET_IN_VAULT: { http: 400, exit: 64, meaning: 'The restore target lies inside the vault.' },
  UNKNOWN_USER: { http: 404, exit: 66, meaning: 'No such user in this vault.' },
  UNKNOWN_SNAPSHOT: { http: 404, exit: 66, meaning: 'No such snapshot, or its prefix is not unique.' },
  UNKNOWN_SESSION: { http: 404, exit: 66, meaning: 'No such session in that state.' },
  PINNED: { http: 409, exit: 73, meaning: 'The snapshot is pinned, so that it cannot be forgotten.' },
  UNKNOWN_PATH: { http: 404, exit: 66, meaning: 'The snapshot holds no such path.' },
  UNKNOWN_TOKEN: { http: 404, exit: 66, meaning: 'No such token.' },
  UNKNOWN_JOB: { http: 404, exit: 66, meaning: 'No such job, or it ended too long ago.' },
  SOURCE_MISSING: { http: 404, exit: 66, meaning: 'A source path does not exist.' },
  SOURCE_UNREADABLE: { http: 403, exit: 77, meaning: 'A source path may not be read.' },
  SOURCE_FAILED: { http: 502, exit: 1, meaning: 'A command or stream that supplies the data broke off.' },
  VAULT_UNREADABLE: { http: 403, exit: 77, meaning: 'The vault may not be read.' },
  NOT_A_VAULT: { http: 404, exit: 66, meaning: 'There is no vault at that place.' },
  VAULT_EXISTS: { http: 409, exit: 73, meaning: 'A vault, or something else, is already at that place.' },
  TARGET_NOT_EMPTY: { http: 409, exit: 73, meaning: 'The restore target has entries and no overwrite rule was given.' },
  TARGET_UNSAFE: { http: 403, exit: 73, meaning: 'The target or a step in it is a link, no directory, or unusable.' },
  TARGET_UNREADABLE: { http: 403, exit: 77, meaning: 'The restore target may not be used.' },
  USER_EXISTS: { http: 409, exit: 73, meaning: 'There is a user of that name already.' },
  TOKEN_EXISTS: { http: 409, exit: 73, meaning: 'There is a token of that name already, or no room for more.' },
  VAULT_READ_ONLY: { http: 403, exit: 73, meaning: 'The vault cannot be written.' },
  NO_SPACE: { http: 507, exit: 73, meaning: 'No space or quota is left where the data must go.' },
  TARGET_BUSY: { http: 423, exit: 75, meaning: 'Another restore is writing to the target.' },
  VAULT_BUSY: { http: 423, exit: 75, meaning: 'Another process holds the vault.' },
  DAEMON_SILENT: { http: 503, exit: 75, meaning: 'The daemon that holds the vault does not answer.' },
  DAEMON_OTHER: { http: 409, exit: 78, meaning: 'The daemon is of another version or holds another vault.' },
  TIMED_OUT: { http: 408, exit: 75, meaning: 'A request took too long to arrive.' },
  STOPPING: { http: 503, exit: 75, meaning: 'The daemon is stopping and takes nothing new on.' },
  QUEUE_FULL: { http: 503, exit: 75, meaning: 'Too many jobs are waiting already.' },
  OUTBOX_FULL: { http: 503, exit: 75, meaning: 'Too many ends of sessions wait for the daemon already.' },
  BACKEND_FAILED: { http: 502, exit: 1, meaning: 'A storage operation failed.' },
  OBJECT_EXISTS: { http: 409, exit: 1, meaning: 'An object of that name exists already with other bytes.' },
  OBJECT_MISSING: { http: 500, exit: 65, meaning: 'An object that must exist is not there.' },
  OBJECT_UNKNOWN: { http: 503, exit: 75, meaning: 'It could not be told whether the object is there.' },
  DATA_CORRUPT: { http: 500, exit: 65, meaning: 'Stored bytes fail their check.' },
  FORMAT_NEWER: { http: 501, exit: 78, meaning: 'Written by a newer version of the program.' },
  FORMAT_OLDER: { http: 501, exit: 78, meaning: 'Written in a format this version no longer reads.' },
  DISABLED: { http: 503, exit: 78, meaning: 'Backups are turned off in the configuration.' },
  CONFIG: { http: 500, exit: 78, meaning: 'A setting is wrong.' },
  KEY_MISSING: { http: 403, exit: 77, meaning: 'The master key file is not there.' },
  KEY_UNREADABLE: { http: 403, exit: 77, meaning: 'The master key file is there and cannot be read.' },
  KEY_WRONG: { http: 403, exit: 77, meaning: 'The master key does not belong to this vault.' },
  KEY_UNSAFE: { http: 403, exit: 77, meaning: 'The master key file can be read by others or lies under the vault.' },
  KEY_MALFORMED: { http: 403, exit: 77, meaning: 'The master key file cannot be parsed.' },
  UNSUPPORTED: { http: 501, exit: 1, meaning: 'This system or build lacks something that the call needs.' },
  PARTIAL: { http: 200, exit: 3, meaning: 'Some source items could not be read; the rest is safe.' },
  RESTORE_INCOMPLETE: { http: 200, exit: 3, meaning: 'Some items could not be written; the rest is restored.' },
  CANCELLED: { http: 499, exit: 130, meaning: 'Stopped on request.' },
} as const satisfies Record<string, { http: number; exit: number; meaning: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface ErrorOptions {
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly retryable?: boolean;
  /** Facts for programs: names, paths, numbers. Never a secret. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** Every error that a caller may have to act on. Programmer mistakes are `TypeError` or `assert` instead. */
export class BitacoraError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'BitacoraError';
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.details = options.details ?? {};
  }

  get exitCode(): number {
    return ERROR_CODES[this.code].exit;
  }

  get httpStatus(): number {
    return ERROR_CODES[this.code].http;
  }
}

export function isBitacoraError(error: unknown, code?: ErrorCode): error is BitacoraError {
  return error instanceof BitacoraError && (code === undefined || error.code === code);
}

/** Whether the system refused something for want of permission. */
export function isDenied(error: unknown): boolean {
  const errno = errnoCode(error);
  return errno === 'EACCES' || errno === 'EPERM';
}

/** The `errno` name of a system error (`ENOENT`), or undefined for anything else. */
export function errnoCode(error: unknown): string | undefined {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string' && /^E[A-Z0-9]+$/.test(error.code)) {
    return error.code;
  }
  return undefined;
}

const NO_SPACE = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** Turns a failed write below the vault or the target into the code the caller acts on. */
export function writeError(error: unknown, what: string, options: ErrorOptions = {}): BitacoraError {
  if (error instanceof BitacoraError) return error;
  const errno = errnoCode(error);
  const text = error instanceof Error ? error.message : String(error);
  const details = { ...options.details, ...(errno ? { errno } : {}) };
  if (errno && NO_SPACE.has(errno)) {
    return new BitacoraError('NO_SPACE', `No space left while writing ${what}. Free some space and try again.`, {
      details,
      cause: error,
    });
  }
  if (errno === 'EROFS') {
    return new BitacoraError('VAULT_READ_ONLY', `Cannot write ${what}: the file system is read-only.`, {
      details,
      cause: error,
    });
  }
  return new BitacoraError('BACKEND_FAILED', `Cannot write ${what}: ${text}`, {
    details,
    cause: error,
    retryable: errno === 'EIO' || errno === 'EAGAIN' || errno === 'EMFILE' || errno === 'ENFILE',
  });
}

/** Throws `CANCELLED` once the signal is aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted)
    throw new BitacoraError('CANCELLED', 'Stopped on request; nothing that was safe before is lost.');
}
