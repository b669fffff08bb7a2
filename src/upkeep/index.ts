/** Care of what is stored: checking it, and rebuilding the index from the backends. */
export { type Checkpointed, checkpointUser } from './checkpoint/checkpoint-user.js';
export { type PruneVaultOptions, prune } from './prune/prune.js';
export { type PrunedSnapshot, type PrunedUser, pruneUser } from './prune/prune-user.js';
export { type RebuildIndexOptions, type RebuiltUser, rebuildIndex } from './rebuild.js';
export { Calendar, type Periods } from './retention/calendar.js';
export {
  type CaptureDecision,
  decide,
  type RetentionQuestion,
  type SnapshotDecision,
} from './retention/decide.js';
export type { RetainedSnapshot, RetentionRule } from './retention/history.js';
export {
  completePolicy,
  DAY_MS,
  DEFAULT_POLICY,
  type GivenPolicy,
  type RetentionPolicy,
} from './retention/policy.js';
export { historyOf, type Retained, type RetainOptions, retain, retainBehind } from './retention/retain.js';
export type { RetentionReason } from './retention/scope-rules.js';
export {
  type ClockEvidence,
  type ClockReading,
  type HeldClock,
  type TrustedNow,
  trustedNow,
} from './retention/trusted-now.js';
export { checkPacks } from './scrub/check-packs.js';
export { type NamedUser, type ScrubbedNames, type ScrubNamesOptions, scrubNames } from './scrub/names.js';
export { type ScrubOptions, type ScrubResult, scrub } from './scrub/scrub.js';
export type { ScrubDue } from './scrub/scrub-due.js';
export type { ScrubbedUser } from './scrub/scrub-user.js';
export { storedSize } from './stored-size.js';
