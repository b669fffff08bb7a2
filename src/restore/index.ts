/** From snapshots back to files: plan by packs, read once, check, write beside, rename; verify. */
export type { Difference } from './diff/compare-entries.js';
export { type Change, diffSnapshots, type SnapshotDiff } from './diff/diff.js';
export { type DiskDiffOptions, diffDisk } from './diff/diff-disk.js';
export { dataPieces, exportJson, type JsonExportOptions } from './export/export-json.js';
export { type ExportOptions, type ExportProblem, exportTar } from './export/export-tar.js';
export { type FindOptions, findEntries } from './find/find-entries.js';
export { type FoundPath, type FoundVersion, findVersions, type Span } from './find/find-versions.js';
export type {
  Overwrite,
  ProblemList,
  RestoreOptions,
  RestoreProblem,
  RestoreReport,
  RestoreScope,
  RestoreSource,
} from './options.js';
export { createRecordWish } from './record-wish.js';
export type { RecordLayer } from './records/layer.js';
export { RecordFile, recordEntry, recordFiles } from './records/record-files.js';
export { restore } from './restore.js';
export { type ByteSource, checkContent, type FileBytesOptions, fileBytes } from './state/file-bytes.js';
export { gathered } from './state/gathered.js';
export type { Visited } from './state/walk-state.js';
