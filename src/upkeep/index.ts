/** Care of what is stored: rebuilding the index from the backends. */
export { type RebuildIndexOptions, type RebuiltUser, rebuildIndex } from './rebuild.js';
