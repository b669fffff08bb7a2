import type { PruneFlags } from './commands/prune.js';
import type { ScrubFlags } from './commands/scrub.js';
import type { Adder } from './options.js';

const SCRUB = `
Reads what is stored as a restore would, and the trees of all snapshots. What is damaged is noted, so that the next backup stores it
again. Without the master key file only names are checked.`;

const PRUNE = `
Frees what only forgotten snapshots need. What goes is put aside first, and removed for good by a later run once its grace is over. Backups and
restores go on meanwhile. Ctrl-C at any time: the next run goes on.`;

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
  add<PruneFlags>('prune [USER]', 'free what only forgotten snapshots need', ([user], flags) => async (context) => {
    const { runPrune } = await import('./commands/prune.js');
    return runPrune(context, user, flags);
  })
    .option('--dry-run', 'say what would go, by user and snapshot')
    .option('--grace <DAYS>', 'keep what was put aside for so long (default: 7)')
    .option('--allow-large', 'let more than a fifth of what is stored go at once')
    .addHelpText('after', PRUNE);
}
