import { writeSync } from 'node:fs';
import { asBuffer } from '../base/index.js';

/** The smallest run of zeros that is worth a hole: a block of common file systems. */
export const HOLE_BLOCK_BYTES = 4096;
const ZEROS = Buffer.alloc(HOLE_BLOCK_BYTES);

/** Writes all of `memory[start, end)` at `position`. Throws the system's errors. */
export function writeFully(fd: number, memory: Uint8Array, start: number, end: number, position: number): void {
  let at = start;
  while (at < end) at += writeSync(fd, memory, at, end - at, position + at - start);
}

/** The same, save that whole blocks of zeros, aligned in the file, are left out. The file's length must be set later. */
export function writeAroundZeros(fd: number, memory: Uint8Array, start: number, end: number, position: number): void {
  const buffer = asBuffer(memory);
  const firstBlock = start + ((HOLE_BLOCK_BYTES - (position % HOLE_BLOCK_BYTES)) % HOLE_BLOCK_BYTES);
  let from = start;
  for (let block = firstBlock; block + HOLE_BLOCK_BYTES <= end; block += HOLE_BLOCK_BYTES) {
    if (buffer.compare(ZEROS, 0, HOLE_BLOCK_BYTES, block, block + HOLE_BLOCK_BYTES) !== 0) continue;
    if (from < block) writeFully(fd, memory, from, block, position + from - start);
    from = block + HOLE_BLOCK_BYTES;
  }
  if (from < end) writeFully(fd, memory, from, end, position + from - start);
}

/** Whether `memory[start, end)` is all zeros. */
export function allZeros(memory: Uint8Array, start: number, end: number): boolean {
  const buffer = asBuffer(memory);
  for (let at = start; at < end; at += HOLE_BLOCK_BYTES) {
    const length = Math.min(HOLE_BLOCK_BYTES, end - at);
    if (buffer.compare(ZEROS, 0, length, at, at + length) !== 0) return false;
  }
  return true;
}
