/**
 * The chunker written once more from its definition (docs/format.md, "Chunker"), one byte at a time and with big numbers,
 * sharing no code with src/. Slow on purpose: nothing here is clever enough to be wrong.
 */
import { createHmac } from 'node:crypto';

export interface ReferenceSizes {
  readonly minBytes: number;
  readonly normalBytes: number;
  readonly maxBytes: number;
}

export interface ReferenceKey {
  readonly lo: readonly number[];
  readonly hi: readonly number[];
  readonly k: readonly bigint[];
}

const U64 = (1n << 64n) - 1n;
const C = [0x9e3779b97f4a7c15n, 0xc2b2ae3d27d4eb4fn, 0x165667b19e3779f9n, 0xd6e8feb86659fd93n] as const;
const SHIFT = [32n, 29n, 32n, 29n] as const;

function hmac(key: Uint8Array, ...parts: Uint8Array[]): Uint8Array {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(part);
  return mac.digest();
}

/** HKDF-SHA-256 of RFC 5869 without salt, 64 bytes. */
function hkdf64(secret: Uint8Array, info: Uint8Array): Uint8Array {
  const pseudoRandomKey = hmac(new Uint8Array(32), secret);
  const first = hmac(pseudoRandomKey, info, Uint8Array.of(1));
  const second = hmac(pseudoRandomKey, first, info, Uint8Array.of(2));
  return Uint8Array.of(...first, ...second);
}

function littleEndian64(bytes: Uint8Array, at: number): bigint {
  let value = 0n;
  for (let i = 7; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i]!);
  return value;
}

function acceptable({ lo, hi }: ReferenceKey): boolean {
  for (const half of [lo, hi]) {
    if (new Set(half.map((entry) => entry % 128)).size !== 16) return false;
    const odd = half.reduce((count, entry) => count + (entry % 2), 0);
    if (odd < 4 || odd > 12) return false;
  }
  return lo.every((low) => hi.every((high) => (low + high) % 256 !== 0));
}

export function referenceKey(secret: Uint8Array): ReferenceKey {
  for (let candidate = 0; ; candidate++) {
    const counter = Uint8Array.of(candidate & 255, (candidate >> 8) & 255, (candidate >> 16) & 255, candidate >>> 24);
    const bytes = hkdf64(secret, Uint8Array.of(...new TextEncoder().encode('bitacora chunker sgear 1'), ...counter));
    const key: ReferenceKey = {
      lo: [...bytes.subarray(0, 16)],
      hi: [...bytes.subarray(16, 32)],
      k: [0, 1, 2, 3].map((j) => littleEndian64(bytes, 32 + 8 * j)),
    };
    if (acceptable(key)) return key;
  }
}

/** W4(i): the window of the four bytes that end with byte i, modulo 256 like all the windows. */
function w4(key: ReferenceKey, stream: Uint8Array, i: number): number {
  let sum = 0;
  for (let age = 0; age < 4; age++) {
    const byte = stream[i - age]!;
    sum += (key.lo[byte % 16]! + key.hi[byte >> 4]!) * 2 ** age;
  }
  return sum % 256;
}

function w8(key: ReferenceKey, stream: Uint8Array, i: number): number {
  const old = w4(key, stream, i - 4);
  return (w4(key, stream, i) + (old % 16) * 16 + (old >> 4)) % 256;
}

function w16(key: ReferenceKey, stream: Uint8Array, i: number): number {
  return w8(key, stream, i) ^ ((2 * w8(key, stream, i - 8)) % 256);
}

function w32(key: ReferenceKey, stream: Uint8Array, i: number): number {
  return (w16(key, stream, i) + w16(key, stream, i - 16)) % 256;
}

function filterPasses(key: ReferenceKey, stream: Uint8Array, i: number): boolean {
  const recent = w32(key, stream, i);
  return recent < 32 && (recent + 3 * w32(key, stream, i - 32)) % 256 === 0;
}

/** V(i): the mix of the 64 bytes that end with byte i, modulo 2^64. */
function mixAt(key: ReferenceKey, stream: Uint8Array, i: number): bigint {
  let h = 0n;
  for (let j = 0; j < 8; j++) {
    h = (((littleEndian64(stream, i - 63 + 8 * j) ^ key.k[j % 4]!) + h) * C[j % 4]!) & U64;
    h ^= h >> SHIFT[j % 4]!;
  }
  return h;
}

/** The length of the first chunk of `stream`. */
function chunkLength(key: ReferenceKey, sizes: ReferenceSizes, stream: Uint8Array): number {
  const strict = 2n ** 73n / BigInt(sizes.normalBytes);
  const loose = 2n ** 77n / BigInt(sizes.normalBytes);
  for (let length = sizes.minBytes; length < stream.length; length++) {
    if (length === sizes.maxBytes) return length;
    if (!filterPasses(key, stream, length - 1)) continue;
    if (mixAt(key, stream, length - 1) < (length <= sizes.normalBytes ? strict : loose)) return length;
  }
  return stream.length;
}

/** Where the chunks of a whole stream end. */
export function referenceCuts(secret: Uint8Array, sizes: ReferenceSizes, stream: Uint8Array): number[] {
  const key = referenceKey(secret);
  const ends: number[] = [];
  for (let start = 0; start < stream.length; start = ends.at(-1)!) {
    ends.push(start + chunkLength(key, sizes, stream.subarray(start)));
  }
  return ends;
}
