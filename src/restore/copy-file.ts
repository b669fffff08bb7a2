import { constants, ftruncateSync, writeSync } from 'node:fs';
import { BitacoraError, Slices } from '../base/index.js';
import { closeFd, dataRanges, FileStat, openFileAt, readAt, statFd, unlinkAt } from '../posix/index.js';
import type { FolderHandles } from './folders.js';
import type { LinkedFile } from './window.js';

const COPY_BYTES = 2 ** 20;
const READ = constants.O_RDONLY | constants.O_NONBLOCK;
const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
const stat = new FileStat();

/**
 * Copies a file that this restore brought to the target into a new file of mode 0600, holes included. Returns the descriptor of
 * the new one, which the caller closes. Lets others in between its pieces.
 */
export async function copyFile(
  handles: FolderHandles,
  from: LinkedFile,
  into: Parameters<FolderHandles['fd']>[0],
  name: Uint8Array,
): Promise<number> {
  const source = openFileAt(handles.fd(from.folder), from.name, READ);
  try {
    statFd(source, stat);
    if (!stat.isFile) throw new BitacoraError('TARGET_UNSAFE', 'Something else took the place of its first name.');
    const { size } = stat;
    const copy = openFileAt(handles.fd(into), name, CREATE, 0o600);
    try {
      await copyBytes(source, copy, size);
      return copy;
    } catch (error) {
      closeFd(copy);
      unlinkAt(handles.fd(into), name);
      throw error;
    }
  } finally {
    closeFd(source);
  }
}

async function copyBytes(source: number, copy: number, size: number): Promise<void> {
  const piece = new Uint8Array(Math.min(COPY_BYTES, size));
  const slices = new Slices();
  ftruncateSync(copy, size);
  for (const { offset, length } of dataRanges(source, size)) {
    for (let done = 0; done < length; ) {
      const count = readAt(source, piece.subarray(0, Math.min(piece.length, length - done)), offset + done);
      if (count === 0) throw new BitacoraError('TARGET_UNSAFE', 'Its first name became shorter meanwhile.');
      for (let written = 0; written < count; ) {
        written += writeSync(copy, piece, written, count - written, offset + done + written);
      }
      done += count;
      if (slices.over) await slices.next();
    }
  }
}
