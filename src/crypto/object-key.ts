import { concatBytes, utf8 } from '../base/index.js';
import { BOUND_BYTES } from './header.js';
import { hkdf } from './hkdf.js';

const LABEL = utf8('bitacora/0/object');
const KEY_BYTES = 32;

export interface ObjectKey {
  /** 32 bytes; the owner wipes them. */
  readonly key: Uint8Array;
  readonly commitment: Uint8Array;
  /** What every section's tag covers in front of its number: header[0..16) ‖ V ‖ U. */
  readonly bound: Uint8Array;
}

/**
 * The key of one object and the commitment to it, docs/format.md §3. `header` needs its first 16 bytes only.
 *
 * The commitment is what AES-GCM lacks: without it, one ciphertext can be made that opens under two keys.
 */
export function deriveObjectKey(
  typeKey: Uint8Array,
  header: Uint8Array,
  salt: Uint8Array,
  vaultId: Uint8Array,
  uid: Uint8Array,
): ObjectKey {
  if (typeKey.length !== KEY_BYTES) throw new TypeError(`A key has 32 bytes, not ${typeKey.length}.`);
  const bound = concatBytes([header.subarray(0, BOUND_BYTES), vaultId, uid]);
  const okm = hkdf(typeKey, salt, concatBytes([LABEL, bound]), 2 * KEY_BYTES);
  const commitment = okm.slice(KEY_BYTES);
  return { key: okm.subarray(0, KEY_BYTES), commitment, bound };
}
