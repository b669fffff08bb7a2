import type { ScrubFlags } from './commands/scrub.js';
import type { Adder } from './options.js';

const SCRUB = `
Reads what is stored as a restore would, and the trees of all snapshots. What is damaged is noted, so that the next backup stores it
again. Without the master key file only names are checked.`;

/** Commands that look after what is stored. */
export function addCare(add: Adder): void {
  add<ScrubFlags>('scrub [USER]', 'check what is stored', ([user], flags) => async (context) => {
    const { runScrub } = await import('./commands/scrub.js');
    return runScrub(context, user, flags);
  })
    .option('--share <N%>', 'read this part of the packs only, going on where the last share ended')
    .option('--full', 'read everything (the default)')
    .option('--threads <N>', 'worker threads; 0 works in the main thread (default: one a core, at most 4)')
    .addHelpText('after', SCRUB);
}
