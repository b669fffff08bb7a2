/** The longest form of a varint. */
export const VARINT_BYTES_MAX = 8;

/** How many bytes `value` takes as a varint. */
export function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}

/**
 * Writes `value` as unsigned LEB128 in its shortest form and returns the offset behind it.
 *
 * @throws {TypeError} unless `value` is a whole number from 0 to 2^53 − 1.
 */
export function writeVarint(into: Uint8Array, offset: number, value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new TypeError(`Not a varint: ${value}.`);
  let at = offset;
  let rest = value;
  for (; rest > 0x7fffffff; rest = Math.floor(rest / 128)) into[at++] = (rest % 128) | 128;
  // What fits 31 bits, nearly everything, is shifted, which costs less.
  for (; rest >= 128; rest >>>= 7) into[at++] = (rest & 127) | 128;
  into[at++] = rest;
  return at;
}
