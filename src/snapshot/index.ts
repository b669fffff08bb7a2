/** What a snapshot is: trees, manifests and the user's log of sealed entries; the fold of a history at a moment. */
export { ContentWriter } from './content-writer.js';
export { DirectoryWriter, type OwnerLookup } from './directory-writer.js';
export { checkEntryName } from './entry-name.js';
export { type EndedScope, type Fold, type FoldableManifest, type FoldedScope, foldAt } from './fold.js';
export {
  collectionScope,
  type FoldedRecords,
  foldRecords,
  type RecordCapture,
  type RecordDamage,
  type RecordFoldOptions,
  type RecordKeys,
  type RecordWish,
} from './fold-records.js';
export { Log, type LogOptions } from './log.js';
export { applyToIndex, packsBuriedBy, packsNamedBy } from './log-apply.js';
export { type CatchUp, catchUpLog, missingEntries } from './log-catch-up.js';
export { type Head, type Judgement, LogChain } from './log-chain.js';
export { compareLog, type LogDifference, listEntries } from './log-compare.js';
export { entryObject, missingEntry, type NamedEntry, openEntry, type SealedEntry } from './log-entry.js';
export { type LogFacts, LogFactsReader } from './log-facts.js';
export { type DamagedEntry, isDamaged, type ReadEntries, readEntries } from './log-read.js';
export { openSegment, segmentEntries } from './log-segment.js';
export { type ListedSnapshot, type Snapshot, type SnapshotFilter, Snapshots } from './manifest-list.js';
export type { NodeSink } from './node-sink.js';
export { withoutOvertaken } from './overtaken.js';
export type { RecordStore } from './record-content.js';
export { collectionFile, recordFileName, recordsPath } from './record-path.js';
export { isRecordScope, type RecordKey, RecordReader, type StoredRecord } from './record-reader.js';
export { entryAt, type LeavesOptions, type NodeSource, TreeReader } from './tree-reader.js';
export { createUuid, formatUuid, parseUuidPrefix } from './uuid.js';
