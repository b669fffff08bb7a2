/** From sources to a committed snapshot: walk, decide what changed, have it stored, write the manifest. */
export { type BackupOptions, type BackupReport, backup, checkSources } from './backup.js';
export { compilePatterns } from './excludes.js';
export type { SourceFailure } from './report.js';
