import { createHmac, hash, timingSafeEqual } from 'node:crypto';

/** SHA-256 of `bytes`: 32 bytes that the caller owns. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer');
}

/** HMAC-SHA-256 (RFC 2104) of `bytes`: 32 bytes that the caller owns. */
export function hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  return createHmac('sha256', key).update(bytes).digest();
}

/** Compares MACs and commitments in a time that depends on their length only. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
