import { BitacoraError } from '../../base/index.js';
import { COLLECTION_NAME_BYTES_MAX } from '../../format/index.js';

/** Throws `BAD_NAME` unless a collection's name can be a scope's. */
export function checkCollectionName(name: string): void {
  const length = Buffer.byteLength(name);
  if (length <= COLLECTION_NAME_BYTES_MAX && /^[^\p{Cc}\p{Cs}/]+$/u.test(name)) return;
  const message = `"${name.slice(0, 64)}" cannot be the name of a collection: wanted is a text without "/" and control characters, of at most ${COLLECTION_NAME_BYTES_MAX} bytes.`;
  throw new BitacoraError('BAD_NAME', message, { details: { name: name.slice(0, 64) } });
}
