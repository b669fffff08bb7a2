/** What can be asked of a vault, one operation each, and how it is asked over HTTP: the same code in the daemon and embedded. */
export type { DaemonFacts } from './daemon-facts.js';
export { openKnownUser } from './known-user.js';
export { nearest } from './nearest.js';
export type {
  ByteOperation,
  DocumentOperation,
  ItemOperation,
  ItemStream,
  OperationContext,
  Route,
} from './operation.js';
export { type AnswerOf, type InputOf, OPERATIONS, type OperationName, type OperationsOf } from './operations.js';
export {
  type CommandSourceSettings,
  type ConfiguredSource,
  DEFAULT_SETTINGS,
  type HookSettings,
  type PathSourceSettings,
  type Settings,
} from './settings.js';
