/** Workers from open file to sealed pack and back: read, cut, identify, compress, seal; open and check. Inline and pooled behind one interface. */
export { createEngine, type Engine } from './engine.js';
export type { Answer, Lane } from './lane.js';
export { LanePool, type PreparedCall } from './lane-pool.js';
export { FILE_MODES, FileBatch, type FileDescription, type FileIdentity, type FileMode } from './open-batch.js';
export { checkChunk, FRAME_HEADROOM, FrameOpener, type OpenedFrame } from './open-frame.js';
export {
  type CheckCall,
  type CheckResult,
  DESTINATION_FIELDS,
  type FileProblem,
  FRAME_FIELDS,
  ITEM_FIELDS,
  type OpenSecretsCall,
  type PackedFiles,
  type RangeCall,
  type RangeResult,
  REUSE_FIELDS,
  type ReuseResult,
  type ScanCall,
  type ScanResult,
  WANT_FIELDS,
} from './open-protocol.js';
export { KeyRing, type OpenSecrets } from './open-secrets.js';
export { openSource } from './read-files.js';
export { JsonError, JsonScanner, spaceEnd, unexpected, valueEnd } from './records/json-scanner.js';
export { placeOfMember } from './records/place-of-member.js';
export { recordId, stringAt } from './records/record-id.js';
export {
  knownTable,
  type RecordTable,
  RUN_FIELDS,
  rememberTable,
  type TabledCollection,
} from './records/record-table.js';
export { RUN_BYTES_MOST, runEnds } from './records/runs.js';
export type { BodyScan } from './records/scan-body.js';
export { scanInWorker, tableInWorker } from './scan.js';
export type { ScannedBody } from './scan-handlers.js';
export { CHUNK_BYTES_MOST } from './slabs.js';
export {
  type CutParameters,
  FILE_FIELDS,
  FILE_FLAGS,
  FILE_STATUS,
  type FilesCall,
  type FilesResult,
  type FinishCall,
  type FinishedPack,
  type KnownQuestion,
  type OpenSession,
  type PartCall,
  type PiecesCall,
  RESULT_FIELDS,
  type ReadFailure,
  SEGMENT_FIELDS,
  type SealCall,
  type SessionCall,
  type StreamCall,
  type StreamResult,
  type WriteSecrets,
  type WriteSettings,
} from './write-protocol.js';
export { handOver } from './write-secrets.js';
