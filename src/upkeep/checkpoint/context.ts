import type { Clock, Logger } from '../../base/index.js';
import type { CallOptions } from '../../storage/index.js';
import type { UserRepository } from '../../vault/index.js';

export interface CheckpointOptions extends CallOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** From so many objects of the log on that are in no segment one is written; 500 unless told. */
  readonly tailMost?: number | undefined;
}

/** What the steps of a checkpoint share. */
export interface UserCheckpoint extends CheckpointOptions {
  readonly repository: UserRepository;
  readonly tailMost: number;
}
