import type { Clock, Logger, ProgressSink } from '../../base/index.js';
import type { CodecName } from '../../codec/index.js';
import type { Engine } from '../../engine/index.js';
import type { CallOptions } from '../../storage/index.js';
import type { UserRepository } from '../../vault/index.js';

export interface PruneOptions extends CallOptions {
  readonly engine: Engine;
  /** Only says what would be done. */
  readonly dryRun?: boolean | undefined;
  /** How long what was put aside is kept before it goes for good; 7 days unless told. */
  readonly graceMs?: number | undefined;
  /** Bytes that are wanted at once: of what is aside so much goes before its grace, oldest first. */
  readonly pressBytes?: number | undefined;
  /** Lets more than a fifth of what is stored go at once. */
  readonly allowLarge?: boolean | undefined;
  readonly codec?: CodecName | undefined;
  readonly level?: number | undefined;
  /** When this process opened the vault: only time that it was running for counts in full. */
  readonly opened: { readonly wall: number; readonly monotonic: number };
  readonly clock: Clock;
  readonly logger: Logger;
  readonly progress: ProgressSink;
}

/** What the steps of pruning one user share. */
export interface UserPrune extends PruneOptions {
  readonly repository: UserRepository;
}

export const GRACE_MS = 7 * 24 * 3600 * 1000;
