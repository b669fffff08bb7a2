/** What can be asked of a vault, one operation each, and how it is asked over HTTP: the same code in the daemon and embedded. */
export { ADMINISTRATOR, allowedRoot, type Caller, type Grant, type Who } from './authority.js';
export type { ApiClient, ClientOptions } from './client/options.js';
export { connectApi } from './connect.js';
export type { EntryItem } from './contract/entry.js';
export type { JobDocument, ProgressDocument } from './contract/job.js';
export type { DaemonFacts } from './daemon-facts.js';
export { entryItem, type ListedEntry } from './entry-item.js';
export { type OperationCall, type OperationHost, withContext } from './host.js';
export { errorDocument, jobDocument, progressDocument, progressOf } from './job-document.js';
export { jobPriority } from './job-priority.js';
export { createJobWork } from './job-work.js';
export { openKnownUser } from './known-user.js';
export { nearest } from './nearest.js';
export type {
  ByteOperation,
  DocumentOperation,
  ItemOperation,
  ItemStream,
  JobTraits,
  OperationContext,
  Route,
} from './operation.js';
export { scrubNames } from './operations/scrub.js';
export { type AnswerOf, type InputOf, OPERATIONS, type OperationName, type OperationsOf } from './operations.js';
export { isWithin, joinPath, pathReadings, splitPath } from './paths.js';
export { type RecordBody, recordBodyOf, sentRecords } from './records/body.js';
export { ROUND_NAMES, type RoundName, roundEveryMs } from './rounds.js';
export { type Selected, type Selector, select, selectionFields } from './select.js';
export { serveApi } from './serve.js';
export { type ApiServer, DEFAULT_LIMITS, type ServerLimits, type ServerParts } from './server/parts.js';
export {
  type AccessSettings,
  type CommandSourceSettings,
  type ConfiguredSource,
  DEFAULT_SETTINGS,
  type HookSettings,
  type PathSourceSettings,
  type PeerSettings,
  type RecordSettings,
  type RetentionSettings,
  type ScheduleSettings,
  type ScrubSettings,
  type Settings,
  type SpaceSettings,
} from './settings.js';
