import type { BitacoraError, Clock, Logger, ProgressSink } from '../../base/index.js';
import type { LanePool } from '../../engine/index.js';
import type { UserRepository } from '../../vault/index.js';
import type { DamageCode, Findings } from './findings.js';
import type { Pace } from './pace.js';

/** What the steps of scrubbing one user share. */
export interface UserScrub {
  readonly repository: UserRepository;
  readonly pool: LanePool;
  /** Packs to check at once. */
  readonly width: number;
  /** Undefined: as fast as it goes. */
  readonly pace: Pace | undefined;
  readonly findings: Findings;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly progress: ProgressSink;
  readonly signal: AbortSignal | undefined;
}

/** Whether an error says that something could not be asked for, so that nobody knows what is there. */
export function isUnknown({ code }: BitacoraError): boolean {
  return code === 'OBJECT_UNKNOWN' || code === 'BACKEND_FAILED';
}

/** Of an error that says that something is damaged or gone, and not that it could not be asked for. */
export function damageCode({ code }: BitacoraError): DamageCode | undefined {
  return code === 'DATA_CORRUPT' || code === 'OBJECT_MISSING' || code === 'FORMAT_NEWER' ? code : undefined;
}
