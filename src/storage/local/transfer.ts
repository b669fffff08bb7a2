import { createHash } from 'node:crypto';
import { BitacoraError, equalBytes } from '../../base/index.js';
import { checkSource, type FileSource, isFileSource, type ObjectSource, sourceLength } from '../source.js';
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
  let length = 0;
  for await (const block of blocksOf(from)) {
    hash.update(block);
    await writeFully(target, block, length);
    length += block.length;
  }
  checkSource(source, length, hash.digest());
}

/** Whether an existing object has the source's bytes; reads the object once and a spooled file not at all. */
export async function sameBytes(existing: LocalFile, source: ObjectSource): Promise<boolean> {
  if ((await existing.stat()).length !== sourceLength(source)) return false;
  if (isFileSource(source)) {
    const hash = createHash('sha256');
    for await (const block of blocksOf(existing)) hash.update(block);
    return equalBytes(hash.digest(), source.sha256);
  }
  let position = 0;
  for await (const block of blocksOf(existing)) {
    if (!equalBytes(block, source.bytes.subarray(position, position + block.length))) return false;
    position += block.length;
  }
  return position === source.bytes.length;
}

/** Whether two files have the same bytes. */
export async function sameFiles(a: LocalFile, b: LocalFile): Promise<boolean> {
  const { length } = await a.stat();
  if ((await b.stat()).length !== length) return false;
  const other = ownBuffer(BLOCK_BYTES);
  let position = 0;
  for await (const block of blocksOf(a)) {
    const count = await readFully(b, other.subarray(0, block.length), position);
    if (!equalBytes(block, other.subarray(0, count))) return false;
    position += block.length;
  }
  return position === length;
}

/** The whole file, block by block; each block is valid until the next is asked for. */
async function* blocksOf(file: LocalFile): AsyncGenerator<Uint8Array> {
  const buffer = ownBuffer(BLOCK_BYTES);
  for (let position = 0; ; ) {
    const count = await readFully(file, buffer, position);
    if (count > 0) yield buffer.subarray(0, count);
    if (count < buffer.length) return;
    position += count;
  }
}
