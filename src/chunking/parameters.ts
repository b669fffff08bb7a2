/** Algorithms that this program can cut with. A vault's key bundle records the one it was made with. */
export type ChunkerAlgorithm = 'sgear';

/** What fixes the cut points of a stream, beside the secret. Sizes in bytes of plain data. */
export interface ChunkerParameters {
  readonly algorithm: ChunkerAlgorithm;
  /** No chunk is shorter, save the last of a stream. At least 128. */
  readonly minBytes: number;
  /** Up to this length a cut is made rarer, beyond it more frequent; lengths gather around it. More than 8192. */
  readonly normalBytes: number;
  /** No chunk is longer. */
  readonly maxBytes: number;
}

/** For every stream and for files below `LARGE_CLASS_FROM_BYTES`. */
export const SMALL_CLASS: ChunkerParameters = Object.freeze({
  algorithm: 'sgear',
  minBytes: 16 * 1024,
  normalBytes: 64 * 1024,
  maxBytes: 256 * 1024,
});

/** For huge files: a quarter of the chunks to remember, at coarser deduplication. */
export const LARGE_CLASS: ChunkerParameters = Object.freeze({
  algorithm: 'sgear',
  minBytes: 64 * 1024,
  normalBytes: 256 * 1024,
  maxBytes: 1024 * 1024,
});

/** A file that is new at this size or more is cut with `LARGE_CLASS`; one that has a parent keeps the parent's class. */
export const LARGE_CLASS_FROM_BYTES = 16 * 2 ** 30;

/** Filter and verifier see 64 bytes, which must lie inside the chunk, and the scan fills its windows over a block of 64. */
const MIN_BYTES_LOWEST = 128;
/** At this length the frequent threshold would reach 2^64. */
const NORMAL_BYTES_ABOVE = 8192;
/** Ends are u32 in the kernel; far below that, so that a buffer can hold a longest chunk. */
const MAX_BYTES_HIGHEST = 2 ** 30;

/** Throws `TypeError` unless the parameters can be cut with. Parameters read from storage are checked by their reader first. */
export function checkParameters(parameters: ChunkerParameters): void {
  const { algorithm, minBytes, normalBytes, maxBytes } = parameters;
  const whole = [minBytes, normalBytes, maxBytes].every(Number.isSafeInteger);
  const ordered = MIN_BYTES_LOWEST <= minBytes && minBytes < normalBytes && normalBytes < maxBytes;
  if (
    algorithm !== 'sgear' ||
    !whole ||
    !ordered ||
    normalBytes <= NORMAL_BYTES_ABOVE ||
    maxBytes > MAX_BYTES_HIGHEST
  ) {
    throw new TypeError(
      `Cannot cut with ${JSON.stringify(parameters)}: wanted sgear with 128 ≤ min < normal < max ≤ 2^30 and normal > 8192.`,
    );
  }
}

/** The verifier's two limits out of 2^64: below `normalBytes` one filter hit in normal / 512 passes, beyond it one in normal / 8192. */
export interface Thresholds {
  readonly strict: bigint;
  readonly loose: bigint;
}

/** The filter passes one position in 2^11, so chances of 1 / (4 · normal) and 4 / normal a position need 2^73 and 2^77 over normal. */
export function thresholds(normalBytes: number): Thresholds {
  return { strict: 2n ** 73n / BigInt(normalBytes), loose: 2n ** 77n / BigInt(normalBytes) };
}
