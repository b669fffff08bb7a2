/** From sources to a committed snapshot: walk, decide what changed, have it stored, write the manifest. */
export { type BackupOptions, type BackupReport, backup } from './backup.js';
export { type CommandSpec, commandSource, type ProgramSpec } from './command-source.js';
export { compilePatterns } from './excludes.js';
export { runHook } from './hook.js';
export { noteSnapshot } from './note.js';
export { pullRecords } from './records/pull-records.js';
export {
  type RecordPart,
  type RecordSource,
  recordSource,
  sessionScope,
} from './records/record-source.js';
export {
  DATA_BYTES_MAX,
  detectForm,
  LINES_BYTES_MAX,
  type RecordForm,
  readRecords,
  tooLarge,
} from './records/record-text.js';
export type { SourceFailure } from './report.js';
export { checkSources } from './sources.js';
export { checkStreamName, type StreamSource, streamOf } from './stream-source.js';
