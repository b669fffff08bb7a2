/** What an application takes of this program: `import { BitacoraClient } from 'bitacora-backup/client'`. */
export { BitacoraError, ERROR_CODES, type ErrorCode, isBitacoraError } from '../../base/index.js';
export type { AnswerOf, InputOf, OperationName } from '../operations.js';
export {
  BitacoraClient,
  type BitacoraClientOptions,
  type CallOptions,
  type RecordData,
  type RecordsDocument,
} from './application.js';
export { type EndedSession, type Outbox, type OutboxOptions, type OutboxStatus, openOutbox } from './outbox.js';
export type { RefusedItem } from './outbox-files.js';
