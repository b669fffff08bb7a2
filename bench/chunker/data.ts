import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';

/** A generator of u32 that is the same in every run: xorshift32. */
export function numbers(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

function bytesFrom(length: number, next: () => number): Uint8Array {
  return Uint8Array.from({ length }, () => (next() >>> 8) & 0xff);
}

function risingIntegers(length: number): Uint8Array {
  const next = numbers(3);
  let value = 0;
  return new Uint8Array(Uint32Array.from({ length: length / 4 }, () => (value += next() % 1000)).buffer);
}

function middleOfNode(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const file = openSync(process.execPath, 'r');
  readSync(file, bytes, 0, length, 24 * 2 ** 20);
  closeSync(file);
  return bytes;
}

/** The data classes of the comparison, each of `length` bytes. */
export function dataClasses(length: number): Map<string, Uint8Array> {
  const text = readFileSync(createRequire(import.meta.url).resolve('typescript')).subarray(0, length);
  const next = numbers(5);
  return new Map<string, Uint8Array>([
    ['random', bytesFrom(length, numbers(1))],
    ['node binary', middleOfNode(length)],
    ['source text', text],
    ['UTF-16 text', Buffer.from(text.subarray(0, length / 2).toString('latin1'), 'utf16le')],
    ['u32 rising', risingIntegers(length)],
    ['u32 below 1000', new Uint8Array(Uint32Array.from({ length: length / 4 }, () => next() % 1000).buffer)],
    ['sparse, 1 byte of 64', bytesFrom(length, next).map((byte) => (next() % 64 === 0 ? byte : 0))],
    ['DNA letters', bytesFrom(length, numbers(7)).map((byte) => 'ACGT'.charCodeAt(byte & 3))],
  ]);
}

/** A copy of `bytes` with `count` small insertions and deletions (1 to 40 bytes) at random places. */
export function withEdits(bytes: Uint8Array, count: number, seed: number): Uint8Array {
  const next = numbers(seed);
  const places = Array.from({ length: count }, () => next() % bytes.length).sort((a, b) => a - b);
  const parts: Uint8Array[] = [];
  let from = 0;
  for (const place of places) {
    if (place < from) continue;
    parts.push(bytes.subarray(from, place));
    const size = 1 + (next() % 40);
    if (next() & 1) parts.push(bytesFrom(size, next));
    from = next() & 1 ? place : place + size;
  }
  parts.push(bytes.subarray(from));
  return Buffer.concat(parts);
}

/** The SHA-256 of every chunk, with its length. */
export function chunksOf(stream: Uint8Array, ends: Uint32Array): { digest: string; length: number }[] {
  let start = 0;
  return Array.from(ends, (end) => {
    const chunk = stream.subarray(start, end);
    start = end;
    return { digest: createHash('sha256').update(chunk).digest('base64'), length: chunk.length };
  });
}
