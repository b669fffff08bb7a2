import { constants } from 'node:fs';
import { BitacoraError, equalBytes, errnoCode } from '../base/index.js';
import { closeFd, FileStat, openFileAt, readAt, statFd } from '../posix/index.js';
import { FileBatchReader } from './open-batch.js';
import { Folders } from './open-folders.js';
import { FRAME_HEADROOM } from './open-frame.js';
import { type CheckCall, type CheckResult, type FileProblem, ITEM_FIELDS } from './open-protocol.js';
import type { KeyRing } from './open-secrets.js';
import { allZeros } from './open-zeros.js';

const ID_BYTES = 32;
const HOLE_BYTES = 1024 * 1024;
const READ = constants.O_RDONLY | constants.O_NONBLOCK;
const computed = new Uint8Array(ID_BYTES);
const stat = new FileStat();
let memory = new Uint8Array(FRAME_HEADROOM + HOLE_BYTES);

/** Reads restored files back and recomputes the id of every item. Problems are the files' own. */
export function checkFiles(call: CheckCall, keys: KeyRing): CheckResult {
  const batch = new FileBatchReader(call.files);
  const folders = new Folders(call.root, batch);
  const failures: FileProblem[] = [];
  let bytesRead = 0;
  let item = 0;
  try {
    for (let file = 0; file < batch.count; file++) {
      const first = item;
      while (call.items[item * ITEM_FIELDS.count + ITEM_FIELDS.file] === file) item++;
      try {
        bytesRead += checkFile(call, keys, folders.of(file), batch, file, first, item);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        const code = error instanceof BitacoraError ? error.code : (errnoCode(error) ?? 'INTERNAL');
        failures.push({ file, code, message });
      }
    }
    return { failures, bytesRead };
  } finally {
    folders.close();
  }
}

function checkFile(
  call: CheckCall,
  keys: KeyRing,
  folder: number,
  batch: FileBatchReader,
  file: number,
  first: number,
  end: number,
): number {
  const fd = openFileAt(folder, batch.name(file), READ);
  try {
    statFd(fd, stat);
    if (!stat.isFile || stat.size !== batch.size(file)) {
      throw different(`it has ${stat.size} bytes, expected ${batch.size(file)}`);
    }
    let bytes = 0;
    for (let item = first; item < end; item++) bytes += checkItem(call, keys, fd, item);
    return bytes;
  } finally {
    closeFd(fd);
  }
}

function checkItem(call: CheckCall, keys: KeyRing, fd: number, item: number): number {
  const at = item * ITEM_FIELDS.count;
  const offset = call.items[at + ITEM_FIELDS.offset]!;
  const length = call.items[at + ITEM_FIELDS.length]!;
  if (call.items[at + ITEM_FIELDS.hole] === 1) return checkHole(fd, offset, length);
  if (memory.length < FRAME_HEADROOM + length) memory = new Uint8Array(FRAME_HEADROOM + length);
  readFully(fd, offset, length);
  const id = call.ids.subarray(item * ID_BYTES, (item + 1) * ID_BYTES);
  for (const hasher of keys.hashers()) {
    hasher.idInPlace(1, memory, FRAME_HEADROOM, length, computed, 0);
    if (equalBytes(computed, id)) return length;
  }
  throw different(`bytes ${offset} to ${offset + length} are not those of the snapshot`);
}

function checkHole(fd: number, offset: number, length: number): number {
  for (let done = 0; done < length; done += HOLE_BYTES) {
    const part = Math.min(HOLE_BYTES, length - done);
    readFully(fd, offset + done, part);
    if (!allZeros(memory, FRAME_HEADROOM, FRAME_HEADROOM + part)) throw different(`its hole at ${offset} is not empty`);
  }
  return length;
}

function readFully(fd: number, offset: number, length: number): void {
  for (let filled = 0; filled < length; ) {
    const into = memory.subarray(FRAME_HEADROOM + filled, FRAME_HEADROOM + length);
    const count = readAt(fd, into, offset + filled);
    if (count === 0) throw different(`it ends at ${offset + filled}`);
    filled += count;
  }
}

function different(problem: string): BitacoraError {
  return new BitacoraError('DATA_CORRUPT', `The restored file differs: ${problem}.`);
}
