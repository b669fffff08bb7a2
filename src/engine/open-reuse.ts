import { constants } from 'node:fs';
import { BitacoraError, concatBytes, equalBytes, errnoCode, utf8 } from '../base/index.js';
import { closeFd, FileStat, openBeneath, readAt, statFd } from '../posix/index.js';
import { FRAME_HEADROOM } from './open-frame.js';
import { REUSE_FIELDS, type ReuseCall, type ReusedFile, type ReuseResult } from './open-protocol.js';
import type { KeyRing } from './open-secrets.js';
import { writeAroundZeros, writeFully } from './open-zeros.js';

const ID_BYTES = 32;
const DATA_KIND = 1;
const READ = constants.O_RDONLY | constants.O_NONBLOCK;
const WRITE = constants.O_WRONLY | constants.O_NONBLOCK;
const SLASH = utf8('/');
const computed = new Uint8Array(ID_BYTES);
const stat = new FileStat();
let memory = new Uint8Array(FRAME_HEADROOM);

/**
 * Builds a file from one that lies in its place: bytes of the old one that have the id which the new one wants there are written to the
 * new one, from the memory in which they were checked. The old one is only read. What it does not give is for the packs to
 * give; only what goes wrong with the new file is thrown.
 */
export function reuseFile(call: ReuseCall, keys: KeyRing): ReuseResult {
  const count = call.items.length / REUSE_FIELDS.count;
  const taken = new Uint8Array(count);
  let bytes = 0;
  const from = openOld(call);
  if (from === undefined) return { taken, bytes };
  try {
    const to = openVery(call.root, call.to, WRITE);
    try {
      const put = call.sparse ? writeAroundZeros : writeFully;
      for (let item = 0; item < count; item++) {
        const offset = call.items[item * REUSE_FIELDS.count + REUSE_FIELDS.offset]!;
        const length = call.items[item * REUSE_FIELDS.count + REUSE_FIELDS.length]!;
        const id = call.ids.subarray(item * ID_BYTES, (item + 1) * ID_BYTES);
        if (!readWhole(from, offset, length) || !hasId(keys, length, id)) continue;
        put(to, memory, FRAME_HEADROOM, FRAME_HEADROOM + length, offset);
        taken[item] = 1;
        bytes += length;
      }
      return { taken, bytes };
    } finally {
      closeFd(to);
    }
  } finally {
    closeFd(from);
  }
}

/** The old file, or undefined where it cannot be read or is not that one any more. */
function openOld(call: ReuseCall): number | undefined {
  try {
    return openVery(call.root, call.from, READ);
  } catch (error) {
    if (error instanceof BitacoraError || errnoCode(error) !== undefined) return undefined;
    throw error;
  }
}

/** Opens a file, and only the very one that was looked at before. */
function openVery(root: number, file: ReusedFile, flags: number): number {
  const path = file.directory.length === 0 ? file.name : concatBytes([file.directory, SLASH, file.name]);
  const fd = openBeneath(root, path, flags);
  statFd(fd, stat);
  if (stat.isFile && stat.ino === file.inode && stat.dev === file.device) return fd;
  closeFd(fd);
  throw new BitacoraError('TARGET_UNSAFE', 'Another file took the place of the one being restored.');
}

/** Reads into the memory that ids are computed in; false where the file ends before or cannot be read. */
function readWhole(fd: number, offset: number, length: number): boolean {
  if (memory.length < FRAME_HEADROOM + length) memory = new Uint8Array(FRAME_HEADROOM + length);
  try {
    for (let filled = 0; filled < length; ) {
      const into = memory.subarray(FRAME_HEADROOM + filled, FRAME_HEADROOM + length);
      const count = readAt(fd, into, offset + filled);
      if (count === 0) return false;
      filled += count;
    }
    return true;
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return false;
  }
}

function hasId(keys: KeyRing, length: number, id: Uint8Array): boolean {
  for (const hasher of keys.hashers()) {
    hasher.idInPlace(DATA_KIND, memory, FRAME_HEADROOM, length, computed, 0);
    if (equalBytes(computed, id)) return true;
  }
  return false;
}
