import { type Clock, type Logger, noProgress, type ProgressSink, type Random, throwIfAborted } from '../base/index.js';
import type { CodecName } from '../codec/index.js';
import type { Engine } from '../engine/index.js';
import type { ManifestCounts, ScopeRecord } from '../format/index.js';
import type { UserRepository } from '../vault/index.js';
import { captureScopes } from './capture.js';
import { commitSnapshot, type SnapshotAbout } from './commit.js';
import type { RecordSource } from './records/record-source.js';
import type { SourceFailure } from './report.js';
import { checkSources } from './sources.js';
import type { StreamSource } from './stream-source.js';

export interface BackupOptions extends SnapshotAbout {
  readonly repository: UserRepository;
  /** Where the vault lies, so that it is never backed up into itself; undefined for one without files. */
  readonly vaultPath: string | undefined;
  readonly engine: Engine;
  /** Directory trees or files, as given; made absolute lexically. */
  readonly paths: readonly string[];
  /** Streams to capture beside the paths, each read once and after those. */
  readonly streams?: readonly StreamSource[] | undefined;
  /** Records to capture beside them, read once and last. */
  readonly records?: RecordSource | undefined;
  readonly exclude?: readonly string[] | undefined;
  readonly oneFileSystem?: boolean | undefined;
  /** Back up directories marked with CACHEDIR.TAG as well. */
  readonly includeCaches?: boolean | undefined;
  readonly maxFileBytes?: number | undefined;
  /** Read every file again, changed or not. */
  readonly force?: boolean | undefined;
  /** Walk and count; store nothing. */
  readonly dryRun?: boolean | undefined;
  readonly codec?: CodecName | undefined;
  readonly level?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ProgressSink | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export interface BackupReport {
  /** 16 bytes; undefined after a dry run. */
  readonly backupId: Uint8Array | undefined;
  readonly status: 'complete' | 'partial';
  /** Commit time, milliseconds since 1970. */
  readonly time: number;
  readonly started: number;
  readonly scopes: readonly ScopeRecord[];
  readonly counts: ManifestCounts & { readonly excluded: number };
  readonly failures: { readonly count: number; readonly items: readonly SourceFailure[] };
  /** What the caller should know although nothing failed. */
  readonly warnings: readonly string[];
  readonly parent: Uint8Array | undefined;
  readonly packs: number;
  readonly durationMs: number;
}

/**
 * Takes a snapshot: walks path sources in step with the newest snapshot that holds the same scopes, reads streams and records to their end,
 * stores what is new, and commits a manifest once everything it reaches is durable. Unreadable items make it `partial`; a storage
 * error or a stream that breaks off makes it fail, and nothing is committed.
 *
 * Throws `NO_SOURCE`, `BAD_NAME`, `SOURCE_MISSING`, `SOURCE_UNREADABLE`, `SOURCE_FAILED`, `VAULT_IN_SOURCE`, `CANCELLED`, and what the
 * vault throws.
 */
export async function backup(options: BackupOptions): Promise<BackupReport> {
  const { repository, clock, logger, signal, dryRun = false } = options;
  const began = clock.monotonic();
  const started = clock.now();
  throwIfAborted(signal);
  const sources = checkSources(options.paths, options.vaultPath, options);
  const captured = await captureScopes({
    repository,
    engine: options.engine,
    sources,
    vaultPath: options.vaultPath,
    excludes: options.exclude ?? [],
    oneFileSystem: options.oneFileSystem ?? false,
    skipCaches: !(options.includeCaches ?? false),
    maxFileBytes: options.maxFileBytes ?? Number.POSITIVE_INFINITY,
    force: options.force ?? false,
    dryRun,
    codec: options.codec ?? 'zstd',
    level: options.level,
    started,
    clock,
    logger,
    progress: options.progress ?? noProgress,
    signal,
  });
  const { stored, counts } = captured;
  const status = counts.failureCount > 0 ? 'partial' : 'complete';
  const figures: ManifestCounts = {
    files: counts.files,
    directories: counts.directories,
    others: counts.others,
    filesNew: counts.filesNew,
    filesChanged: counts.filesChanged,
    filesUnchanged: counts.filesUnchanged,
    filesUnread: counts.filesUnread,
    bytes: counts.bytes,
    bytesRead: counts.bytesRead,
    bytesNew: stored.bytesNew,
    bytesAdded: stored.bytesAdded,
    chunksNew: stored.chunksNew,
  };
  const failures = { count: counts.failureCount, items: counts.failures };
  const common = {
    status,
    started,
    scopes: captured.scopes,
    failures,
    warnings: counts.warnings,
    parent: captured.parent,
    packs: stored.packs.length,
    counts: { ...figures, excluded: counts.excluded },
  } as const;
  if (dryRun) return { ...common, backupId: undefined, time: clock.now(), durationMs: clock.monotonic() - began };
  throwIfAborted(signal);
  const { backupId, time } = await commitSnapshot(options, options, {
    codec: options.codec ?? 'zstd',
    status,
    started,
    parent: captured.parent ?? null,
    scopes: captured.scopes,
    packs: [...stored.adopted, ...stored.packs],
    counts: figures,
    failures,
  });
  return { ...common, backupId, time, durationMs: clock.monotonic() - began };
}
