import { createHash } from 'node:crypto';
import { BitacoraError, equalBytes } from '../../base/index.js';
import { checkSource, type FileSource, isFileSource, type ObjectSource } from '../source.js';
import type { LocalFile } from './file-system.js';

const BLOCK_BYTES = 1024 * 1024;

/** Writes all of `bytes` from `position` on, however few each call takes. */
export async function writeFully(file: LocalFile, bytes: Uint8Array, position = 0): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const count = await file.write(bytes.subarray(done), position + done);
    if (count === 0) throw new BitacoraError('BACKEND_FAILED', 'A write took no bytes.', { retryable: true });
    done += count;
  }
}

/** Fills `bytes` from `position` on; resolves with how many there were, fewer only at the end of the file. */
export async function readFully(file: LocalFile, bytes: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < bytes.length) {
    const count = await file.read(bytes.subarray(done), position + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}

/** An uninitialised buffer with memory of its own, so that its owner may transfer it to another thread. */
export function ownBuffer(length: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer, 0, length);
}

/** Copies a spooled file into `target`, checking its length and hash on the way. */
export async function copyFile(from: LocalFile, target: LocalFile, source: FileSource): Promise<void> {
  const hash = createHash('sha256');
  const length = await eachBlock(from, async (block, position) => {
    hash.update(block);
    await writeFully(target, block, position);
    return true;
  });
  checkSource(source, length, hash.digest());
}

/** Whether an existing object has the source's bytes; reads the object once and a spooled file not at all. */
export async function sameBytes(existing: LocalFile, source: ObjectSource): Promise<boolean> {
  if (isFileSource(source)) {
    const hash = createHash('sha256');
    const length = await eachBlock(existing, async (block) => {
      hash.update(block);
      return true;
    });
    return length === source.length && equalBytes(hash.digest(), source.sha256);
  }
  const { bytes } = source;
  const length = await eachBlock(existing, async (block, position) =>
    equalBytes(block, bytes.subarray(position, position + block.length)),
  );
  return length === bytes.length;
}

/** Calls `use` with each block, which is valid during the call, until it says false; resolves with the bytes accepted. */
async function eachBlock(
  file: LocalFile,
  use: (block: Uint8Array, position: number) => Promise<boolean>,
): Promise<number> {
  const buffer = ownBuffer(BLOCK_BYTES);
  let position = 0;
  for (;;) {
    const count = await readFully(file, buffer, position);
    if (count === 0 || !(await use(buffer.subarray(0, count), position))) return position;
    position += count;
    if (count < buffer.length) return position;
  }
}
