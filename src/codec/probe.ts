/** Pieces looked at, spread evenly over the data. */
const PIECES = 8;
const PIECE_BYTES = 2048;

/** Below this length a look costs as much as the compression that it may save. */
const PROBE_BYTES_MIN = 4 * PIECES * PIECE_BYTES;

/** Order-0 entropy above which data is not worth a try; base64 has at most 6 bits a byte. */
const BITS_MAX = 7.9;

const counts = new Uint32Array(256);

/**
 * Whether compressing `plain` promises anything: a cheap look at the byte frequencies of a few pieces. True for everything short. False
 * means that the bytes look random (compressed media, encrypted files), so that the caller stores them as they are. Neither keeps nor
 * changes `plain`.
 */
export function compressible(plain: Uint8Array): boolean {
  if (plain.length < PROBE_BYTES_MIN) return true;
  counts.fill(0);
  const stride = Math.floor((plain.length - PIECE_BYTES) / (PIECES - 1));
  for (let piece = 0; piece < PIECES; piece++) {
    const start = piece * stride;
    for (let i = start; i < start + PIECE_BYTES; i++) counts[plain[i]!]!++;
  }
  return entropyBits(counts, PIECES * PIECE_BYTES) < BITS_MAX;
}

function entropyBits(histogram: Uint32Array, total: number): number {
  let sum = 0;
  for (let i = 0; i < histogram.length; i++) {
    const count = histogram[i]!;
    if (count > 0) sum += count * Math.log2(count);
  }
  return Math.log2(total) - sum / total;
}
