import { BitacoraError, errnoCode, printable } from '../../base/index.js';
import { type Engine, LanePool, type OpenSecrets } from '../../engine/index.js';
import type { TreeEntry } from '../../format/index.js';
import { closeFd, FileStat, openDirectory } from '../../posix/index.js';
import type { TreeReader } from '../../snapshot/index.js';
import { sameTime } from '../compare.js';
import type { RestoreScope } from '../options.js';
import { codeOf, messageOf } from '../report.js';
import { joinNames } from '../state/paths.js';
import { checkPairs, isSuspect } from './check-pairs.js';
import type { CompareRules } from './compare-entries.js';
import { type Change, changeOf } from './diff.js';
import { diffTrees, type Pair } from './diff-trees.js';
import { type DiskNode, DiskSide } from './disk-side.js';
import { type Placement, placeOnDisk } from './place-on-disk.js';
import { type SnapshotNode, SnapshotSide } from './side.js';

export interface DiskDiffOptions {
  readonly tree: TreeReader;
  readonly scopes: readonly RestoreScope[];
  /** Absolute. A link at its end is followed, none below it is. */
  readonly directory: Uint8Array;
  /** Reads every file of equal size and compares its bytes; without it size and time of modification decide. */
  readonly checksum?: { readonly engine: Engine; readonly secrets: OpenSecrets } | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told of each item on disk that cannot be looked at; nothing is said of it and what lies below. */
  readonly onProblem: (path: Uint8Array, code: string, message: string) => void;
}

const stat = new FileStat();
const timeOf = ({ mtimeSec, mtimeNsec }: TreeEntry): FileStat => Object.assign(stat, { mtimeSec, mtimeNsec });

/** Times as exact as a restore can set them; the rest as the tree has it. */
const BY_TIME: CompareRules = {
  sameContent: (before, after) => sameTime(before, timeOf(after)),
  sameTime: (before, after) => sameTime(before, timeOf(after)),
};
const BY_BYTES: CompareRules = { ...BY_TIME, sameContent: () => true };

/**
 * What a directory on disk has that a state has not, and the other way round: `before` is the state. Which part of the
 * state it is compared with: see `placeOnDisk`.
 *
 * @throws {BitacoraError} `SOURCE_MISSING`, `SOURCE_UNREADABLE`, `UNKNOWN_PATH` before the first change; what reading the
 *   trees throws later.
 */
export async function diffDisk(options: DiskDiffOptions): Promise<AsyncIterable<Change>> {
  const placements = await withDisk(options, (disk) =>
    placeOnDisk(options.tree, options.scopes, options.directory, disk),
  );
  return changes(options, placements);
}

async function* changes(options: DiskDiffOptions, placements: readonly Placement[]): AsyncGenerator<Change> {
  const { tree, checksum, signal, onProblem } = options;
  const rootFd = openRoot(options.directory);
  const disk = diskSide(options, rootFd);
  const pool = checksum && new LanePool(checksum.engine.lanes, checksum.secrets, signal);
  try {
    for (const placement of placements) {
      const pairs = diffPlacement(options, disk, placement);
      const judged = pool ? checkPairs(pairs, { tree, pool, rootFd, onProblem }) : pairs;
      for await (const pair of judged) yield changeOf(pair);
    }
  } finally {
    await pool?.close();
    disk.close();
    closeFd(rootFd);
  }
}

function diffPlacement(
  { tree, checksum, signal }: DiskDiffOptions,
  disk: DiskSide,
  { node, nested, names, onDisk }: Placement,
): AsyncIterable<Pair<SnapshotNode, DiskNode>> {
  const comparison = {
    before: new SnapshotSide(tree, nested),
    after: disk,
    rules: checksum ? BY_BYTES : BY_TIME,
    ...(checksum ? { suspects: isSuspect } : {}),
    signal,
  };
  return diffTrees(comparison, names.reduce(joinNames, new Uint8Array(0)), node, disk.find(onDisk));
}

async function withDisk<T>(options: DiskDiffOptions, use: (disk: DiskSide) => Promise<T>): Promise<T> {
  const fd = openRoot(options.directory);
  const disk = diskSide(options, fd);
  try {
    return await use(disk);
  } finally {
    disk.close();
    closeFd(fd);
  }
}

function diskSide({ onProblem }: DiskDiffOptions, rootFd: number): DiskSide {
  return new DiskSide(rootFd, (path, error) => onProblem(path, codeOf(error), messageOf(error)));
}

function openRoot(directory: Uint8Array): number {
  try {
    return openDirectory(directory);
  } catch (cause) {
    const errno = errnoCode(cause);
    if (errno === undefined) throw cause;
    const code = errno === 'EACCES' || errno === 'EPERM' ? 'SOURCE_UNREADABLE' : 'SOURCE_MISSING';
    const what = errno === 'ENOTDIR' ? 'it is not a directory' : errno;
    const message = `Cannot compare with the directory "${printable(directory)}": ${what}.`;
    throw new BitacoraError(code, message, { details: { path: printable(directory), errno }, cause });
  }
}
