import { type BitacoraError, type Clock, errnoCode, isBitacoraError, printable } from '../base/index.js';
import type { ProblemList, RestoreProblem, RestoreReport } from './options.js';

const LISTED_MAX = 1000;
const DAMAGED_OBJECTS_MAX = 1000;
/** Codes that mean the stored data itself is at fault. */
const CORRUPT = new Set(['DATA_CORRUPT', 'OBJECT_MISSING']);

class Problems {
  count = 0;
  readonly items: RestoreProblem[] = [];

  add(problem: () => RestoreProblem): void {
    this.count++;
    if (this.items.length < LISTED_MAX) this.items.push(problem());
  }

  list(): ProblemList {
    return { count: this.count, items: this.items };
  }
}

/** Collects what a restore did and could not do. */
export class ReportBuilder {
  /** Entries that the patterns take; of everything below a directory that is taken as a whole as well. */
  selected = 0;
  files = 0;
  directories = 0;
  others = 0;
  bytesWritten = 0;
  bytesReused = 0;
  identical = 0;
  kept = 0;
  deleted = 0;
  verified = 0;
  readonly #failures = new Problems();
  readonly #warnings = new Problems();
  readonly #clock: Clock;
  readonly #started: number;
  readonly #damagedObjects = new Set<string>();
  #corrupt = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#started = clock.monotonic();
  }

  /** Notes an item that is not there, or not as it was. `path` is below the target. */
  fail(path: Uint8Array, code: string, message: string): void {
    if (CORRUPT.has(code)) this.#corrupt = true;
    this.#failures.add(() => ({ path: printable(path), code, message }));
  }

  failWith(path: Uint8Array, error: unknown): void {
    this.fail(path, codeOf(error), messageOf(error));
    // Readers of single chunks name the pack by its hash, those of objects name the object.
    if (isBitacoraError(error)) this.damaged(error.code, error.details.pack ?? error.details.object);
  }

  /** Notes the object that an item failed for, where the object is to blame. */
  damaged(code: string, object: unknown): void {
    if (!CORRUPT.has(code) || typeof object !== 'string') return;
    if (this.#damagedObjects.size < DAMAGED_OBJECTS_MAX) this.#damagedObjects.add(object);
  }

  warn(path: Uint8Array, code: string, message: string): void {
    this.#warnings.add(() => ({ path: printable(path), code, message }));
  }

  warnWith(path: Uint8Array, error: unknown): void {
    this.warn(path, codeOf(error), messageOf(error));
  }

  get hasFailures(): boolean {
    return this.#failures.count > 0;
  }

  finish(): RestoreReport {
    const { files, directories, others, bytesWritten, bytesReused, identical, kept, deleted, verified } = this;
    const counts = { files, directories, others, bytesWritten, bytesReused, identical, kept, deleted, verified };
    return {
      ...counts,
      failures: this.#failures.list(),
      warnings: this.#warnings.list(),
      corrupt: this.#corrupt,
      damagedObjects: [...this.#damagedObjects],
      durationMs: this.#clock.monotonic() - this.#started,
    };
  }
}

/** Errors of one item; anything else is a fault of the program and ends the restore. */
export function isItemError(error: unknown): error is BitacoraError | NodeJS.ErrnoException {
  if (isBitacoraError(error)) return error.code !== 'CANCELLED' && error.code !== 'INTERNAL';
  return errnoCode(error) !== undefined;
}

/** The code of any error, the system's included. */
export function codeOf(error: unknown): string {
  return isBitacoraError(error) ? error.code : (errnoCode(error) ?? 'INTERNAL');
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
