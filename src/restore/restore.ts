import { BitacoraError, systemClock, systemRandom } from '../base/index.js';
import { LanePool } from '../engine/index.js';
import { capabilities } from '../posix/index.js';
import { TreeReader } from '../snapshot/index.js';
import { Committer } from './commit.js';
import type { Stagings } from './directory.js';
import { FolderHandles } from './folders.js';
import type { RestoreOptions, RestoreReport } from './options.js';
import { OwnerMap } from './owners.js';
import { createPatterns } from './patterns.js';
import { Pipeline } from './pipeline.js';
import { writeRecords } from './records/write-records.js';
import { ReportBuilder } from './report.js';
import { restoreScopes } from './scopes.js';
import type { Site } from './site.js';
import { removeTree, stagingName } from './staging.js';
import { openTarget, type Target } from './target.js';
import { verifyScopes } from './verify.js';

/**
 * Brings scopes back into a directory. Everything is reached from the target's descriptor without following a link, what
 * is new is built in staging directories and renamed into place, what cannot be restored is listed and the rest goes on.
 *
 * @returns What was done; `failures` and `corrupt` say whether all of it.
 * @throws {BitacoraError} before anything is written: `USAGE`, `TARGET_IN_VAULT`, `TARGET_UNSAFE`, `TARGET_NOT_EMPTY`,
 *   `TARGET_BUSY`; later: `UNKNOWN_PATH` when the patterns match nothing, `CANCELLED`, and what ends a restore as a whole. Staging directories are removed then.
 */
export async function restore(options: RestoreOptions): Promise<RestoreReport> {
  const report = new ReportBuilder(options.clock ?? systemClock);
  const patterns = createPatterns(options.include, options.exclude);
  const target = openTarget(options);
  const { source } = options;
  const handles = new FolderHandles(target.fd ?? -1);
  const stagings: Stagings = { name: stagingName(options.random ?? systemRandom), handles, open: new Set() };
  const pool = new LanePool(source.engine.lanes, source.secrets, options.signal);
  const tree = new TreeReader(source.chunks);
  const owners = new OwnerMap();
  const site: Site = { options, target, handles, stagings, owners, report, patterns, tree, pool };
  try {
    await run(site);
    if (options.verify && !options.dryRun) await verifyScopes(site);
    checkMatched(site);
  } finally {
    await pool.close();
    handles.close();
    target.close();
  }
  warnOfOwners(site, target);
  if (!options.dryRun) warnOfLosses(site);
  return report.finish();
}

async function run(site: Site): Promise<void> {
  const committer = new Committer(site);
  const pipeline = new Pipeline(site, committer);
  try {
    await restoreScopes(site, pipeline, () => committer.flush());
    await writeRecords(site);
  } finally {
    await pipeline.settle();
    removeStagings(site);
  }
}

/** Takes away everything that was not put in place. */
function removeStagings({ stagings, handles, report }: Site): void {
  for (const directory of stagings.open) {
    try {
      handles.forget(directory.staging!);
      const fd = handles.fd(directory.folder!);
      removeTree(fd, stagings.name, (name, error) => report.warnWith(name, error));
    } catch (error) {
      report.warnWith(directory.path(), error);
    }
  }
  stagings.open.clear();
}

/** Patterns that match nothing are more likely wrong than meant. What could not be read may have matched. */
function checkMatched({ options, report }: Site): void {
  const include = options.include ?? [];
  if (include.length === 0 || report.selected > 0 || report.hasFailures) return;
  const patterns = include.map((pattern) => `"${pattern}"`).join(', ');
  const message = `Nothing in that state matches ${patterns}. Patterns are full paths, or relative to the captured directory; \`bitacora find\` and \`bitacora ls\` show what there is.`;
  throw new BitacoraError('UNKNOWN_PATH', message, { details: { include } });
}

/** What this machine cannot bring back of any item is said once. */
function warnOfLosses({ report }: Site): void {
  const { exactTimes, specialFiles, xattrs } = capabilities();
  const lost = [
    xattrs ? undefined : 'extended attributes and ACLs',
    exactTimes ? undefined : 'times to the nanosecond',
    specialFiles ? undefined : 'fifos, sockets and device nodes',
  ].filter((what) => what !== undefined);
  if (lost.length === 0) return;
  const message = `Not restored, because this machine lacks the native calls (koffi): ${lost.join('; ')}.`;
  report.warn(new Uint8Array(0), 'UNSUPPORTED', message);
}

function warnOfOwners({ owners, report }: Site, target: Target): void {
  if (owners.notGiven === 0) return;
  const message = `Only root can give files away: ${owners.notGiven} items in "${target.path}" belong to the caller.`;
  report.warn(new Uint8Array(0), 'EPERM', message);
}
