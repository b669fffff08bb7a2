/** Named immutable objects: one contract, the places that keep it (local, memory), and wrappers that share its interface. */
export type {
  Backend,
  CallOptions,
  ListOptions,
  ObjectEntry,
  ObjectInfo,
  ObjectReader,
  ObjectRemover,
  ObjectWriter,
  PutOutcome,
} from './contract.js';
export { type FaultBackend, withFaults } from './fault.js';
export {
  type FaultCall,
  type FaultEffect,
  type FaultPlan,
  type FaultRule,
  type FaultVerb,
  scriptedFaults,
  seededFaults,
} from './fault-plan.js';
export { withLimit } from './limit.js';
export {
  type LocalBackend,
  type LocalFile,
  type LocalFileSystem,
  type LocalOptions,
  nodeFileSystem,
  openLocalBackend,
} from './local/index.js';
export { MemoryBackend } from './memory/index.js';
export { type Meter, withMeter } from './meter.js';
export { checkObjectName, OBJECT_NAME_LENGTH_MAX, type ObjectName, RESERVED_TOP_NAMES } from './names.js';
export { type RecordBackend, type RecordedCall, withRecord } from './record.js';
export { type RetryOptions, withRetry } from './retry.js';
export { type FileSource, type ObjectSource, sourceLength } from './source.js';
