import { constants } from 'node:fs';
import { errnoCode } from '../base/index.js';
import { closeFd, FileStat, listXattrsFd, openFileAt, readAt, statFd } from '../posix/index.js';
import { ChunkBatch } from './chunk-batch.js';
import { SLAB_BYTES, type Slab, type Slabs } from './slabs.js';
import {
  FILE_FIELDS,
  FILE_FLAGS,
  FILE_STATUS,
  type FileFailure,
  type FilesCall,
  type FoundXattrs,
  RESULT_FIELDS,
  type WriteSettings,
} from './write-protocol.js';

const O_NOATIME = 0o1000000;
/** A fifo swapped in must not block. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;
const stat = new FileStat();

/** Opens a regular file for reading without following links, and without touching its access time where we may say so. */
export function openSource(dirfd: number, name: Uint8Array): number {
  try {
    return openFileAt(dirfd, name, OPEN_FLAGS | O_NOATIME);
  } catch (error) {
    // Only the owner and root may leave the access time alone.
    if (errnoCode(error) !== 'EPERM') throw error;
    return openFileAt(dirfd, name, OPEN_FLAGS);
  }
}

/** What was read into a slab: chunks one after another from its start, with whose they are. */
export interface ReadBatch {
  readonly meta: Float64Array;
  readonly chunks: ChunkBatch;
  readonly files: Uint32Array;
  readonly failures: FileFailure[];
  readonly xattrs: FoundXattrs[];
}

/** Reads, cuts and identifies the files of one call into the slab, without a gap between them. */
export function readBatch(call: FilesCall, slab: Slab, slabs: Slabs, settings: WriteSettings): ReadBatch {
  const count = call.meta.length / FILE_FIELDS.count;
  const meta = new Float64Array(count * RESULT_FIELDS.count);
  const chunks = new ChunkBatch();
  const owners: number[] = [];
  const failures: FileFailure[] = [];
  const xattrs: FoundXattrs[] = [];
  const ends = new Uint32Array(SLAB_BYTES / settings.smallClass.minBytes + 2);
  let filled = 0;
  for (let index = 0; index < count; index++) {
    const at = index * RESULT_FIELDS.count;
    try {
      const size = readOne(call, index, slab.bytes.subarray(filled), xattrs);
      if (size < 0) {
        meta[at + RESULT_FIELDS.status] = FILE_STATUS.changed;
        continue;
      }
      const before = chunks.count;
      cutInto(chunks, slab, slabs, settings, call, index, filled, size, ends);
      filled += size;
      meta[at + RESULT_FIELDS.size] = size;
      meta[at + RESULT_FIELDS.chunks] = chunks.count - before;
      for (let i = before; i < chunks.count; i++) owners.push(index);
    } catch (error) {
      const code = errnoCode(error);
      if (code === undefined) throw error;
      meta[at + RESULT_FIELDS.status] = FILE_STATUS.failed;
      failures.push({ index, code, message: error instanceof Error ? error.message : code });
    }
  }
  return { meta, chunks, files: Uint32Array.from(owners), failures, xattrs };
}

/** Reads one file to the start of `into`; its size, or -1 when that is not what the walk saw. */
function readOne(call: FilesCall, index: number, into: Uint8Array, xattrs: FoundXattrs[]): number {
  const { meta, names } = call;
  const at = index * FILE_FIELDS.count;
  const nameOffset = meta[at + FILE_FIELDS.nameOffset]!;
  const name = names.subarray(nameOffset, nameOffset + meta[at + FILE_FIELDS.nameLength]!);
  const size = meta[at + FILE_FIELDS.size]!;
  const fd = openSource(meta[at + FILE_FIELDS.dirfd]!, name);
  try {
    // One byte more than expected shows in the same call whether the file has grown.
    const room = into.subarray(0, size + 1);
    let got = 0;
    while (got <= size) {
      const n = readAt(fd, room.subarray(got), got);
      if (n === 0) break;
      got += n;
      if (got === size) break;
    }
    if (got !== size) return -1;
    if (meta[at + FILE_FIELDS.flags]! & FILE_FLAGS.xattrs) {
      const found = listXattrsFd(fd);
      if (found.length > 0) xattrs.push({ index, xattrs: found });
    }
    return isAsSeen(fd, meta, at) ? size : -1;
  } finally {
    closeFd(fd);
  }
}

/** Whether an open file still is what the walk saw. */
function isAsSeen(fd: number, meta: Float64Array, at: number): boolean {
  statFd(fd, stat);
  return (
    stat.size === meta[at + FILE_FIELDS.size] &&
    stat.ctimeNsec === meta[at + FILE_FIELDS.ctimeNsec] &&
    stat.ctimeSec === meta[at + FILE_FIELDS.ctimeSec] &&
    stat.mtimeNsec === meta[at + FILE_FIELDS.mtimeNsec] &&
    stat.mtimeSec === meta[at + FILE_FIELDS.mtimeSec]
  );
}

function cutInto(
  chunks: ChunkBatch,
  slab: Slab,
  slabs: Slabs,
  settings: WriteSettings,
  call: FilesCall,
  index: number,
  start: number,
  size: number,
  ends: Uint32Array,
): void {
  if (size === 0) return;
  const flags = call.meta[index * FILE_FIELDS.count + FILE_FIELDS.flags]!;
  const params = flags & FILE_FLAGS.largeClass ? settings.largeClass : settings.smallClass;
  let count = 1;
  if (size <= params.minBytes) ends[0] = start + size;
  else count = slabs.cut(slab, params, start, start + size, true, ends);
  const ids = chunks.reserve(count);
  let from = start;
  for (let i = 0; i < count; i++) {
    slabs.identify(slab, from, ends[i]! - from, ids, chunks.count);
    chunks.push(ends[i]! - from);
    from = ends[i]!;
  }
}
