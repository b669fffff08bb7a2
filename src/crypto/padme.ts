/** floor(log2(value)) for whole numbers from 1; exact, where `Math.log2` may round up just below a power of two. */
function log2Floor(value: number): number {
  const high = Math.floor(value / 2 ** 32);
  return high === 0 ? 31 - Math.clz32(value) : 63 - Math.clz32(high);
}

/**
 * The length that Padmé pads `length` bytes to: at most 12 % more, and only O(log log) bits about the true length show.
 * docs/format.md §3.
 *
 * @throws {TypeError} unless `length` is a whole number whose padded length is below 2^53.
 */
export function padme(length: number): number {
  if (!Number.isSafeInteger(length) || length < 0) throw new TypeError(`Not a length: ${length}.`);
  if (length < 2) return length;
  const exponent = log2Floor(length);
  const step = 2 ** (exponent - log2Floor(exponent) - 1);
  const padded = Math.ceil(length / step) * step;
  if (!Number.isSafeInteger(padded)) throw new TypeError(`Too long to pad: ${length}.`);
  return padded;
}
