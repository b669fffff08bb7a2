import { borg } from './peers/borg.js';
import { ours } from './peers/ours.js';
import { restic } from './peers/restic.js';
import type { Program } from './program.js';

/** In the order in which they run in the first round. */
export const PROGRAMS: readonly Program[] = [restic, borg, ours];

/** The one that the rows judge. */
export const OURS = ours.name;
