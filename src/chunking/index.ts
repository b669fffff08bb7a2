/** Where to cut: splits a stream of bytes into content-defined chunks, keyed per user, at the speed of memory. */
export { type Chunker, createChunker } from './chunker.js';
export { HEADROOM_BYTES } from './layout.js';
export {
  type ChunkerAlgorithm,
  type ChunkerParameters,
  checkParameters,
  LARGE_CLASS,
  LARGE_CLASS_FROM_BYTES,
  SMALL_CLASS,
} from './parameters.js';
