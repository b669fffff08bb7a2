/** Care of what is stored: checking it, and rebuilding the index from the backends. */
export { type RebuildIndexOptions, type RebuiltUser, rebuildIndex } from './rebuild.js';
export { checkPacks } from './scrub/check-packs.js';
export { type NamedUser, type ScrubbedNames, type ScrubNamesOptions, scrubNames } from './scrub/names.js';
export { type ScrubOptions, type ScrubResult, scrub } from './scrub/scrub.js';
export type { ScrubbedUser } from './scrub/scrub-user.js';
