/** Making frames smaller and whole again: zstd, lz4, gzip behind one pair of calls, bounded on the way back, without a look at what the bytes mean. */
export { type Compressor, codecLevels, createCompressor } from './compressor.js';
export { createDecompressor, type Decompressor } from './decompressor.js';
export { loadCodecs } from './load.js';
export { CODEC_IDS, type CodecName } from './names.js';
export { compressible } from './probe.js';
