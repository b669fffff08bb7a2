/** The codecs a vault may name. */
export type CodecName = 'zstd' | 'lz4' | 'gzip' | 'none';

/** What a frame stores to say how it was packed. Stable for ever: a number is never given to another codec. */
export const CODEC_IDS: Readonly<Record<CodecName, number>> = { none: 0, zstd: 1, lz4: 2, gzip: 3 };

const BY_ID: readonly CodecName[] = ['none', 'zstd', 'lz4', 'gzip'];

/** The codec of a stored number, or undefined for a number that this version does not know. */
export function codecName(id: number): CodecName | undefined {
  return BY_ID[id];
}
