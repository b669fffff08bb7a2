import { Decoder, encode } from '@msgpack/msgpack';
import { isBitacoraError } from '../base/index.js';
import { corrupt } from './failure.js';
import { Fields } from './fields.js';
import { BODY_LIMITS, scanBody } from './message-scan.js';

/** A value as it goes to disk, before MessagePack. */
export type Wire = number | string | boolean | null | Uint8Array | readonly Wire[] | { readonly [key: string]: Wire };

const decoder = new Decoder({
  maxStrLength: BODY_LIMITS.strBytes,
  maxBinLength: BODY_LIMITS.binBytes,
  maxArrayLength: BODY_LIMITS.arrayLength,
  maxMapLength: BODY_LIMITS.mapLength,
  maxExtLength: 0,
});

/**
 * Encodes a body and proves that `read`, which reads it back, accepts it: what cannot be read again must not be written.
 *
 * @throws {TypeError} when it does not.
 */
export function encodeBody(wire: Wire, read: (fields: Fields) => unknown): Uint8Array {
  const object = 'a body that was to be written';
  try {
    read(new Fields(wire, object));
    const bytes = encode(wire, { sortKeys: true, ignoreUndefined: false, maxDepth: BODY_LIMITS.depth });
    scanBody(bytes, object);
    return bytes;
  } catch (error) {
    if (isBitacoraError(error)) throw new TypeError(error.message, { cause: error });
    throw error;
  }
}

/**
 * Decodes a body that is one map. Runs of bytes in the result are views of `bytes`.
 *
 * @throws {BitacoraError} `DATA_CORRUPT` naming `object`.
 */
export function decodeBody<T>(bytes: Uint8Array, object: string, read: (fields: Fields) => T): T {
  scanBody(bytes, object);
  let value: unknown;
  try {
    value = decoder.decode(bytes);
  } catch (cause) {
    throw corrupt(object, 'its body is not MessagePack', cause);
  }
  return read(new Fields(value, object));
}
