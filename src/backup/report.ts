/** Something in the source that could not be read. */
export interface SourceFailure {
  readonly path: Uint8Array;
  readonly code: string;
  readonly message: string;
}

const FAILURES_KEPT = 1000;

/** What a walk counts. One for all scopes of a snapshot. */
export class BackupCounts {
  files = 0;
  directories = 0;
  others = 0;
  filesNew = 0;
  filesChanged = 0;
  filesUnchanged = 0;
  filesUnread = 0;
  excluded = 0;
  /** Plain bytes of all files. */
  bytes = 0;
  bytesRead = 0;
  failureCount = 0;
  /** What somebody should know although nothing failed. */
  readonly warnings: string[] = [];
  readonly failures: SourceFailure[] = [];

  warn(message: string): void {
    this.warnings.push(message);
  }

  fail(path: Uint8Array, code: string, message: string): void {
    this.failureCount++;
    if (this.failures.length < FAILURES_KEPT) this.failures.push({ path: path.slice(), code, message });
  }
}
