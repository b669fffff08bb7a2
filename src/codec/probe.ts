/** Pieces looked at, spread evenly over the data. */
const PIECES = 8;
const PIECE_BYTES = 2048;
const SAMPLE_BYTES = PIECES * PIECE_BYTES;

/** Below this length a look costs as much as the compression that it may save. */
const PROBE_BYTES_MIN = 4 * SAMPLE_BYTES;

/**
 * Pearson's chi-square of the byte frequencies against equal ones. Noise scores 255 ± 23; with this sample 700 stands for a redundancy
 * of about a quarter of a per cent, which what xz, zstd or a cipher wrote does not reach, and what deflate wrote mostly does.
 */
const CHI_SQUARE_MIN = 700;

const counts = new Uint32Array(256);

/**
 * Whether compressing `plain` promises anything: a cheap look at the byte frequencies of a few pieces. True for everything short. False
 * means that the bytes look like noise, so that the caller stores them as they are; repetitions of noise are not seen, they are the
 * business of deduplication. Neither keeps nor changes `plain`.
 */
export function compressible(plain: Uint8Array): boolean {
  if (plain.length < PROBE_BYTES_MIN) return true;
  counts.fill(0);
  const stride = Math.floor((plain.length - PIECE_BYTES) / (PIECES - 1));
  for (let piece = 0; piece < PIECES; piece++) {
    const start = piece * stride;
    for (let i = start; i < start + PIECE_BYTES; i++) counts[plain[i]!]!++;
  }
  return chiSquare(counts) >= CHI_SQUARE_MIN;
}

function chiSquare(histogram: Uint32Array): number {
  let squares = 0;
  for (let i = 0; i < histogram.length; i++) squares += histogram[i]! * histogram[i]!;
  return (squares * histogram.length) / SAMPLE_BYTES - SAMPLE_BYTES;
}
