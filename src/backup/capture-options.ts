import type { Clock, Logger, ProgressSink } from '../base/index.js';
import type { CodecName } from '../codec/index.js';
import type { Engine } from '../engine/index.js';
import type { UserRepository } from '../vault/index.js';
import type { Sources } from './sources.js';

/** What capturing needs to know; `BackupOptions` with everything settled. */
export interface CaptureOptions {
  readonly repository: UserRepository;
  readonly engine: Engine;
  readonly sources: Sources;
  readonly vaultPath: string | undefined;
  readonly excludes: readonly string[];
  readonly oneFileSystem: boolean;
  readonly skipCaches: boolean;
  readonly maxFileBytes: number;
  readonly force: boolean;
  readonly dryRun: boolean;
  readonly codec: CodecName;
  readonly level: number | undefined;
  readonly started: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly progress: ProgressSink;
  readonly signal: AbortSignal | undefined;
}
