/** From snapshots back to files: plan by packs, read once, check, write beside, rename; verify. */
export type {
  Overwrite,
  ProblemList,
  RestoreOptions,
  RestoreProblem,
  RestoreReport,
  RestoreScope,
  RestoreSource,
} from './options.js';
export { restore } from './restore.js';
