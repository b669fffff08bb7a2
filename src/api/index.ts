/** What can be asked of a vault, one operation each, and how it is asked over HTTP: the same code in the daemon and embedded. */
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
