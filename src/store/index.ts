/** The chunk store: packs in, packs out, and the index of where chunks are. Sealed bytes only. */
export { ChunkIndex, type ChunkIndexOptions } from './chunk-index.js';
export { isIndexDamage } from './chunk-index-errors.js';
export type { ChunkLocation, EntryName, IndexMark } from './chunk-index-records.js';
export type { AppliedEntries, IndexedEntry, PackContents, UserIndex } from './chunk-index-user.js';
