import type { ProgressSink } from '../../base/index.js';
import type { Engine } from '../../engine/index.js';
import type { UserIndex } from '../../store/index.js';
import type { BackupCounts } from '../report.js';
import type { RecordTarget } from './record-target.js';

/** What capturing records takes. */
export interface RecordCapture extends RecordTarget {
  readonly engine: Engine;
  readonly index: UserIndex;
  readonly counts: BackupCounts;
  readonly progress: ProgressSink;
  readonly signal: AbortSignal | undefined;
}
