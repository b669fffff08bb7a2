import { rebuildIndex } from '../../upkeep/index.js';
import { type CommandContext, EXIT } from '../context.js';
import { sayProblems } from '../failures.js';
import { countOf, formatDuration } from '../units.js';
import { openKnownUser, withVault } from '../vault-session.js';

/** `bitacora rebuild-index [USER]` */
export async function runRebuildIndex(context: CommandContext, user: string | undefined): Promise<number> {
  const { output, clock, progress, signal } = context;
  const began = clock.monotonic();
  return withVault(context, async (vault) => {
    // Opened and closed first where a user is named: an unknown one is told with the nearest that there is.
    if (user !== undefined) (await openKnownUser(context, vault, user)).close();
    const { users, damaged } = await rebuildIndex(vault, { user, progress: progress.sink, signal });
    const durationMs = clock.monotonic() - began;
    progress.clear();
    const problems = [...damaged, ...users.flatMap((rebuilt) => rebuilt.problems)];
    if (output.json) {
      output.document({
        status: problems.length > 0 ? 'damaged' : 'complete',
        users: users.map(({ name, packs, chunks, entries, problems }) => ({
          user_id: name,
          packs,
          chunks,
          entries,
          problems: problems.map(({ code, message, details }) => ({ code, message, details })),
        })),
        registry_problems: damaged.map(({ code, message, details }) => ({ code, message, details })),
        duration_ms: Math.round(durationMs),
      });
    } else {
      for (const { name, packs, chunks, entries } of users) {
        const parts = [countOf(packs, 'pack'), countOf(chunks, 'chunk'), countOf(entries, 'log entry', 'log entries')];
        output.note(`${name}: ${parts.join(', ')}`);
      }
      output.note(`Rebuilt the index of ${countOf(users.length, 'user')} in ${formatDuration(durationMs)}.`);
      const messages = problems.map(({ message }) => message);
      sayProblems(output, problems.length, messages, 'problem');
    }
    return problems.length > 0 ? EXIT.corrupt : EXIT.ok;
  });
}
