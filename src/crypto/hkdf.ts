import { hkdfSync } from 'node:crypto';

/** HKDF-SHA-256 (RFC 5869): `length` bytes that the caller owns and should wipe when they are a key. */
export function hkdf(key: Uint8Array, salt: Uint8Array, info: Uint8Array | string, length: number): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, salt, info, length));
}
