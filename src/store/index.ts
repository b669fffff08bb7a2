/** The chunk store: packs in, packs out, and the index of where chunks are. Sealed bytes only. */
export { ChunkIndex, type ChunkIndexOptions } from './chunk-index.js';
export type { AppliedEntries, EntryBytes, IndexedObject } from './chunk-index-entries.js';
export { isIndexDamage } from './chunk-index-errors.js';
export type { LogGap } from './chunk-index-gaps.js';
export type { PackContents } from './chunk-index-places.js';
export type { ChunkLocation, EntryName, IndexMark } from './chunk-index-records.js';
export type { UserIndex } from './chunk-index-user.js';
export { ChunkReader, type ChunkReaderOptions, type LocatedChunks } from './chunk-reader.js';
export type { OpenPack } from './chunk-reader-packs.js';
export type { Holder } from './holders.js';
export { openPackHead, type PackHead, readHead, readPackHead } from './pack-head.js';
export type { PieceFeed } from './piece-feed.js';
export type { DamagedFrames } from './quarantine.js';
export { type ChunkToStore, type StoredAgain, storeAgain } from './store-again.js';
export type { UserKeys } from './user-keys.js';
export type {
  DistrustedChunks,
  OnItems,
  StoredPacks,
  WriteSession,
  WriteSessionOptions,
} from './write-session.js';
export { withWriteSession } from './write-session.js';
