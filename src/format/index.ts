/** Every byte layout of a vault, as docs/format.md gives them: plain bytes to values and back, bounded, without keys. */

export {
  CHUNK_BYTES_MAX,
  type ChunkerRecord,
  type ChunkSizes,
  decodeBundle,
  encodeBundle,
  type UserBundle,
} from './bundle.js';
export { Cursor } from './cursor.js';
export { decodeEntry, decodeWholeEntry, encodeEntry, FIXED, NodeReader, readSeconds, readSize } from './entry.js';
export {
  type ContentItem,
  ENTRY_FLAGS,
  ENTRY_TYPES,
  type EntryContent,
  type EntryStat,
  type EntryType,
  type ExtendedAttribute,
  TREE_DEPTH_MAX,
  type TreeEntry,
} from './entry-types.js';
export { decodeFooter, FIRST_FRAME_OFFSET, type Footer, type FooterBounds, FooterBuilder } from './footer.js';
export {
  decodeFrameHeader,
  FRAME_CHUNKS_MAX,
  FRAME_PLAIN_BYTES_MAX,
  type FrameHeader,
  frameHeaderBytes,
  writeFrameHeader,
} from './frame.js';
export { decodeKeyFile, encodeKeyFile, KEY_FILE_BYTES_MAX, type MasterKeyFile } from './key-file.js';
export { CHUNK_KINDS, type ChunkKind, ID_BYTES } from './kinds.js';
export {
  type ChunkListNode,
  decodeList,
  encodeListInner,
  encodeListLeaf,
  LIST_INNER_SPLIT,
  LIST_SPLIT,
  type ListChild,
} from './list.js';
export {
  type Checkpoint,
  decodeLogEntry,
  encodeLogEntry,
  type KeyVersion,
  type LogEntry,
  type LogKind,
  type LogRecord,
  type QuarantinedPack,
  type SegmentEntry,
  type Tombstone,
} from './log-entry.js';
export {
  type FailureRecord,
  MANIFEST_FAILURES_MAX,
  type Manifest,
  type ManifestCounts,
  NO_COUNTS,
  type ScopeRecord,
  SNAPSHOT_KINDS,
  SNAPSHOT_STATUSES,
  type SnapshotKind,
  type SnapshotStatus,
} from './manifest.js';
export {
  decodeInner,
  encodeInner,
  encodeLeaf,
  fnv1a,
  INNER_SPLIT,
  type InnerChild,
  isLeaf,
  LEAF_SPLIT,
  LeafCursor,
  NODE_TAGS,
  type OwnerName,
  splitsInner,
} from './node.js';
export {
  type BundleId,
  type BundleName,
  bundleName,
  bundlesPrefix,
  COPIES_PREFIX,
  type CopiedName,
  type CopyName,
  copyName,
  LOG_SEQUENCE_MAX,
  type LogName,
  logName,
  logPrefix,
  type PackName,
  packName,
  packsPrefix,
  QUEUE_PREFIX,
  type QueueName,
  type QueuePartName,
  queueName,
  queuePartName,
  REGISTRY_PREFIX,
  REGISTRY_VERSION_MAX,
  type RegistryName,
  registryName,
  registryPrefix,
  TOKEN_VERSION_MAX,
  TOKENS_PREFIX,
  type TokenName,
  type TrashName,
  tokenName,
  tokenPrefix,
  trashName,
  trashPrefix,
  type Uid,
  USERS_PREFIX,
  uidBytes,
  uidOf,
  userPrefix,
  VAULT_FILE_NAME,
} from './object-names.js';
export { type ParsedName, parseObjectName, parseUid } from './parse-name.js';
export {
  decodeQueuePart,
  decodeQueueRecord,
  encodeQueuePart,
  encodeQueueRecord,
  QUEUE_PART_BYTES_MAX,
  type QueueBody,
  type QueuePart,
  type QueueRecord,
} from './queue-record.js';
export {
  COLLECTION_NAME_BYTES_MAX,
  COLLECTIONS_FILE,
  COLLECTIONS_MAX,
  type CollectionShape,
  collectionFiles,
  decodeCollections,
  decodeRows,
  encodeCollections,
  RECORD_ID_BYTES_MAX,
  type RecordCollection,
  type RecordRow,
  ROW_BYTES_MAX,
  writeRow,
} from './record-scope.js';
export {
  decodeRegistryRecord,
  encodeRegistryRecord,
  type RegistryRecord,
  type RegistrySource,
} from './registry-record.js';
export {
  ACCESS_SCOPES,
  type AccessScope,
  decodeTokenRecord,
  encodeTokenRecord,
  type TokenRecord,
} from './token-record.js';
export {
  decodeTrailer,
  encodeTrailer,
  TRAILER_PLAIN_BYTES,
  TRAILER_SEALED_BYTES,
  type Trailer,
} from './trailer.js';
export { varintBytes, writeVarint } from './varint.js';
export {
  decodeVaultFile,
  encodeVaultFile,
  VAULT_FILE_BYTES_MAX,
  VAULT_FORMAT,
  type VaultFile,
  vaultMacText,
} from './vault-file.js';
