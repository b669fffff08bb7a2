import { encodeGzip } from './gzip.js';
import { loadedZstd } from './load.js';
import { createLz4Encoder } from './lz4-encode.js';
import type { CodecName } from './names.js';
import { compressible } from './probe.js';
import type { ZstdProvider } from './zstd-provider.js';

export interface Compressor {
  readonly codec: CodecName;
  /**
   * Compresses `plain` into `into`. Both stay the caller's; `plain` is not changed, and bytes of `into` behind the result may be.
   * Answers the bytes written, always fewer than `plain.length`, or 0 when the result would not be smaller than `plain` or does not
   * fit: the caller then stores the plain bytes with codec `none`. `into` of `plain.length` bytes is always enough.
   */
  compress(plain: Uint8Array, into: Uint8Array): number;
  /** Lets go of the context; idempotent. Compressing afterwards is a programmer's mistake. */
  close(): void;
}

/** Writes `plain` into `into` and answers the length, or 0 when it does not fit. */
type Encoder = (plain: Uint8Array, into: Uint8Array) => number;

const LEVELS: Readonly<Record<CodecName, { min: number; max: number; usual: number }>> = {
  zstd: { min: 1, max: 19, usual: 3 },
  gzip: { min: 1, max: 9, usual: 6 },
  lz4: { min: 1, max: 1, usual: 1 },
  none: { min: 0, max: 0, usual: 0 },
};

/** From here on zstd searches noise as thoroughly as text: 0.4 to 11 ms for 256 KiB, below 0.06 ms. */
const SLOW_ZSTD_LEVEL = 10;

/** The levels that a codec takes; `lz4` and `none` have only one. */
export function codecLevels(codec: CodecName): { readonly min: number; readonly max: number; readonly usual: number } {
  return LEVELS[codec];
}

/**
 * Makes a compressor with its own reused context. For one thread, one call at a time.
 *
 * @param level zstd 1–19 (usual 3), gzip 1–9 (usual 6); `lz4` and `none` have only their one
 * @throws TypeError for a level out of range or before `loadCodecs` has settled
 */
export function createCompressor(codec: CodecName, level?: number): Compressor {
  return compressorOn(loadedZstd(), codec, level);
}

/** The same on a given zstd; inside this room and for its tests. */
export function compressorOn(zstd: ZstdProvider, codec: CodecName, level: number = LEVELS[codec].usual): Compressor {
  const { min, max } = LEVELS[codec];
  if (!Number.isInteger(level) || level < min || level > max) {
    throw new TypeError(`The level of ${codec} is ${level}; expected a whole number from ${min} to ${max}.`);
  }
  let encode: Encoder | undefined = encoderOf(zstd, codec, level);
  return {
    codec,
    compress(plain, into) {
      if (!encode) throw new TypeError('This compressor is closed.');
      if (plain.length < 2) return 0;
      return encode(plain, into.subarray(0, Math.min(into.length, plain.length - 1)));
    },
    close() {
      encode = undefined;
    },
  };
}

function encoderOf(zstd: ZstdProvider, codec: CodecName, level: number): Encoder {
  switch (codec) {
    case 'zstd':
      return level < SLOW_ZSTD_LEVEL ? zstd.encoder(level) : sparingNoise(zstd.encoder(level), zstd.encoder(1));
    case 'lz4':
      return createLz4Encoder();
    case 'gzip':
      return sparingNoise((plain, into) => encodeGzip(plain, into, level), zstd.encoder(1));
    case 'none':
      return () => 0;
  }
}

/**
 * Codecs that spend milliseconds on noise get the probe first, and where that says noise, zstd 1, which also sees repetitions. The
 * others (lz4, zstd to level 9) stride over noise by themselves about as fast as the probe looks, and miss nothing.
 */
function sparingNoise(slow: Encoder, quick: Encoder): Encoder {
  return (plain, into) => (compressible(plain) || quick(plain, into) > 0 ? slow(plain, into) : 0);
}
