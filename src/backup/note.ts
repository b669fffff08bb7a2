import { throwIfAborted } from '../base/index.js';
import { NO_COUNTS } from '../format/index.js';
import type { BackupReport } from './backup.js';
import { type CommitTools, commitSnapshot, type SnapshotAbout } from './commit.js';

/**
 * A snapshot that captures nothing: it says that a session ended, or that scopes are no more.
 *
 * @throws {BitacoraError} `CANCELLED`; what the log throws.
 */
export async function noteSnapshot(
  options: CommitTools & SnapshotAbout & { readonly signal?: AbortSignal | undefined },
): Promise<BackupReport> {
  const { clock, signal } = options;
  const began = clock.monotonic();
  const started = clock.now();
  throwIfAborted(signal);
  const nothing = { status: 'complete', started, scopes: [], failures: { count: 0, items: [] } } as const;
  const { backupId, time } = await commitSnapshot(options, options, {
    ...nothing,
    parent: null,
    packs: [],
    counts: NO_COUNTS,
  });
  return {
    ...nothing,
    backupId,
    time,
    warnings: [],
    parent: undefined,
    packs: 0,
    counts: { ...NO_COUNTS, excluded: 0 },
    durationMs: clock.monotonic() - began,
  };
}
