import { throwIfAborted } from '../base/index.js';
import type { LanePool } from '../engine/index.js';
import type { TreeReader } from '../snapshot/index.js';
import type { Stagings } from './directory.js';
import type { FolderHandles } from './folders.js';
import type { RestoreOptions } from './options.js';
import type { OwnerMap } from './owners.js';
import type { Patterns } from './patterns.js';
import type { ReportBuilder } from './report.js';
import type { Target } from './target.js';

/** What all parts of one restore share. */
export interface Site {
  readonly options: RestoreOptions;
  readonly target: Target;
  readonly handles: FolderHandles;
  readonly stagings: Stagings;
  readonly owners: OwnerMap;
  readonly report: ReportBuilder;
  readonly patterns: Patterns;
  readonly tree: TreeReader;
  readonly pool: LanePool;
}

/** The target's descriptor; only a dry run may do without one. */
export function rootFd(site: Site): number {
  if (site.target.fd === undefined) throw new TypeError('A dry run has no target to write to.');
  return site.target.fd;
}

/** Throws `CANCELLED` when the restore is to stop. */
export function checkSignal(site: Site): void {
  throwIfAborted(site.options.signal);
}
