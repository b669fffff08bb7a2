import type { RetentionFlags } from './commands/retention.js';
import type { Adder } from './options.js';

const MARKS = [
  ['pin', 'keep a snapshot whatever the policy says'],
  ['unpin', 'leave a pinned snapshot to the policy again'],
  ['forget', 'let a snapshot go; it can be taken back until it is pruned'],
  ['unforget', 'take a forgotten snapshot back'],
] as const;
const RULES = `
A snapshot is kept while any of its captures is: recent ones all, then the last of each day, week and month as [backup.retention] has
it, what was asked for (manual, critical), the newest of what has not ended, and what is pinned. docs/operations.md says more.`;

/** Commands that say what is kept. */
export function addKeeping(add: Adder): void {
  for (const [mark, description] of MARKS) {
    add(`${mark} <USER> <SNAPSHOT>`, description, ([user, snapshot]) => async (context) => {
      const { runMark } = await import('./commands/marks.js');
      return runMark(context, mark, user!, snapshot!);
    });
  }
  add<RetentionFlags>(
    'retention <USER>',
    'forget what the policy keeps no longer, and say why',
    ([user], flags) =>
      async (context) => {
        const { runRetention } = await import('./commands/retention.js');
        return runRetention(context, user!, flags);
      },
  )
    .option('--dry-run', 'only say what would be forgotten')
    .addHelpText('after', RULES);
}
