import { hkdfSync } from 'node:crypto';

export const SECRET_BYTES = 32;
const KEY_BYTES = 64;
const INFO = 'bitacora chunker sgear 1';

/**
 * Expands the chunker's secret into the kernel's key: LO[16], HI[16], then K0..K3 as little-endian u64.
 * Candidate n = 0, 1, 2, … is HKDF-SHA-256(secret, no salt, info = INFO ‖ u32le(n), 64 bytes); the first that is not weak
 * is the key (about one in twenty). Part of the format: docs/format.md, "Chunker".
 */
export function expandKey(secret: Uint8Array): Uint8Array {
  if (secret.length !== SECRET_BYTES)
    throw new TypeError(`Cannot use a chunker secret of ${secret.length} bytes: wanted 32.`);
  const info = new Uint8Array(INFO.length + 4);
  new TextEncoder().encodeInto(INFO, info);
  const counter = new DataView(info.buffer, INFO.length);
  for (let candidate = 0; ; candidate++) {
    counter.setUint32(0, candidate, true);
    const key = new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(0), info, KEY_BYTES));
    if (!isWeak(key)) return key;
  }
}

/**
 * Weak is a key under which ordinary data may lose its cut points: two entries of a half-byte that are equal or 128 apart make
 * data of those two bytes look nearly constant; nearly all entries even or odd leave low bits constant for text; a byte with
 * g = 0 lets every position of a run of it (zeros!) pass the filter.
 */
export function isWeak(key: Uint8Array): boolean {
  const lo = key.subarray(0, 16);
  const hi = key.subarray(16, 32);
  return isUneven(lo) || isUneven(hi) || lo.some((low) => hi.includes((256 - low) & 0xff));
}

function isUneven(entries: Uint8Array): boolean {
  const odd = entries.filter((entry) => entry & 1).length;
  return new Set(entries.map((entry) => entry & 0x7f)).size < entries.length || odd < 4 || odd > 12;
}
